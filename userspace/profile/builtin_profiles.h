// SPDX-License-Identifier: Apache-2.0
// The profiles of probes/*.yaml, compiled into the program (cmake/EmbedProfiles.cmake).
#pragma once

#include <vector>

#include "profile/profile.h"

namespace flowtap {

// Sorted by file name, with source "built-in". The loader reads them like any other profile; the unit tests
// check that it accepts all.
[[nodiscard]] std::vector<Profile> builtin_profiles();

}  // namespace flowtap
