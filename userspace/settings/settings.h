// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "profile/profile.h"
#include "settings/arguments.h"
#include "settings/run_options.h"

namespace flowtap {

// All that `flowtap run` is told, read and checked whole.
struct Settings {
    RunOptions options;
    std::vector<Profile> profiles;
};

// From the command line, the config file under it, and the profiles these name. It is called at the start and
// for every reload. Errors: kUsage; everything that is wrong with any of them, one line each.
Result<Settings> load_settings(const RunArguments& arguments);

// Options that differ and that a reload cannot change.
std::vector<const char*> fixed_changes(const RunOptions& running, const RunOptions& wanted);

}  // namespace flowtap
