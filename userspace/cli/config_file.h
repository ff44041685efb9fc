// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/arguments.h"
#include "result.h"

namespace flowtap {

// Reads a YAML file whose keys are the long options of `flowtap run`, as strictly as a profile. Lists that
// the options have already, from the command line, are kept; listen is replaced. On an error the options are
// not to be used. Errors: kUsage, naming file and line; all that is wrong with the file, one line each.
Result<void> read_config_file(const std::string& path, RunOptions& options);

}  // namespace flowtap
