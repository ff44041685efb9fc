// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "plan/wishes.h"
#include "profile/profile.h"

namespace flowtap {

// Returns the profiles of the files, then the built-in profiles whose names the files do not use. Errors:
// kUsage; one line for each mistake in the files.
Result<std::vector<Profile>> load_profiles(const std::vector<std::string>& files);

// "complete" or "cheap".
std::optional<Preference> parse_preference(std::string_view text);

}  // namespace flowtap
