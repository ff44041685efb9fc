// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "profile/profile.h"
#include "result.h"

namespace flowtap {

// The files' profiles, then the built-in ones whose names they did not take. Errors: kUsage; all that is
// wrong with the files, one line each.
Result<std::vector<Profile>> load_profiles(const std::vector<std::string>& files);

// For users who prefer a mechanism that costs the target less to one that sees all.
void prefer_cheap(std::vector<Profile>& profiles);

}  // namespace flowtap
