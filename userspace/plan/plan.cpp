// SPDX-License-Identifier: Apache-2.0
#include "plan/plan.h"

#include <algorithm>

namespace flowtap {

bool Plan::observes_anything() const { return std::ranges::any_of(points, &PlannedPoint::is_observed); }

bool Plan::uses(PointMechanism mechanism) const {
    return std::ranges::any_of(points,
                               [&](const PlannedPoint& point) { return point.is_observed_by(mechanism); });
}

}  // namespace flowtap
