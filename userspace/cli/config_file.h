// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/arguments.h"
#include "result.h"

namespace flowtap {

// Reads a YAML file whose keys are the long options of `flowtap run`. What the command line already gave wins:
// options are filled in only where they are still at their default. Errors: kUsage, naming file and line.
Result<void> read_config_file(const std::string& path, RunOptions& options);

}  // namespace flowtap
