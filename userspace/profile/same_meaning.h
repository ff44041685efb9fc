// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profile/profile.h"

namespace flowtap {

// Whether two points ask for the same: all of them is equal but the lines of their files where they stand.
[[nodiscard]] bool same_meaning(const Point& left, const Point& right);
// Whether two profiles fit the same processes, and ask for the same there.
[[nodiscard]] bool same_profile(const Profile& left, const Profile& right);

}  // namespace flowtap
