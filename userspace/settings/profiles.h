// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "profile/profile.h"

namespace flowtap {

// The files' profiles, then the built-in ones whose names they did not take. Errors: kUsage; all that is
// wrong with the files, one line each.
Result<std::vector<Profile>> load_profiles(const std::vector<std::string>& files);

// "complete" or "cheap".
std::optional<Preference> parse_preference(std::string_view text);

// What the user wants of each point, into the profiles. A profile that the user gives is exact from the
// attach on; only points of built-in ones may wait for an object.
void prefer(Preference preference, bool on_use, std::vector<Profile>& profiles);

}  // namespace flowtap
