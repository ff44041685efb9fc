// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "profile/profile.h"
#include "settings/arguments.h"
#include "settings/run_options.h"

namespace flowtap {

// The complete, checked settings of `flowtap run`.
struct Settings {
    RunOptions options;
    std::vector<Profile> profiles;
};

// Reads the command line, the config file, and the profiles that these name. Called at start and at each
// reload. Errors: kUsage; one line for each mistake in any of them.
Result<Settings> load_settings(const RunArguments& arguments);

// Names of options that differ but cannot be changed by a reload.
std::vector<const char*> fixed_changes(const RunOptions& running, const RunOptions& wanted);

}  // namespace flowtap
