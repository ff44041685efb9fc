// SPDX-License-Identifier: Apache-2.0
// The profiles of probes/*.yaml, compiled into the program (cmake/EmbedProfiles.cmake).
#pragma once

#include <vector>

#include "profile/profile.h"

namespace flowtap {

// Sorted by file name, with source "built-in". They pass through the loader like any other; the unit
// tests prove that none is refused.
[[nodiscard]] std::vector<Profile> builtin_profiles();

}  // namespace flowtap
