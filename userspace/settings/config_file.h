// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "settings/run_options.h"

namespace flowtap {

// Reads a YAML file whose keys are the options of `flowtap run`, as strictly as a profile. Values of the
// options for which `given` is true are checked and then left as they are: the command line goes before the
// file. On an error the options are not to be used. Errors: kUsage, naming file and line; all that is wrong
// with the file, one line each.
Result<void> read_config_file(const std::string& path, const std::function<bool(std::string_view)>& given,
                              RunOptions& options);

}  // namespace flowtap
