// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profile/profile.h"

namespace flowtap {

// Whether two points are equal in everything but the lines of their files.
[[nodiscard]] bool same_meaning(const Point& left, const Point& right);
// Whether two profiles fit the same processes and have the same points and expected hits.
[[nodiscard]] bool same_profile(const Profile& left, const Profile& right);

}  // namespace flowtap
