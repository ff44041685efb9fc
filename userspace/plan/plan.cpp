// SPDX-License-Identifier: Apache-2.0
#include "plan/plan.h"

#include <algorithm>

namespace flowtap {

bool Plan::observes_anything() const { return std::ranges::any_of(points, &PlannedPoint::is_observed); }

}  // namespace flowtap
