// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "settings/run_options.h"

namespace flowtap {

// Reads a YAML file whose keys are the options of `flowtap run`, as strictly as a profile. Checks but ignores
// values of options for which `given` is true: the command line takes precedence. After an error the options
// must not be used. Errors: kUsage, with file and line; one line for each mistake in the file.
Result<void> read_config_file(const std::string& path, const std::function<bool(std::string_view)>& given,
                              RunOptions& options);

}  // namespace flowtap
