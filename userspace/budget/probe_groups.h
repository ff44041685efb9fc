// SPDX-License-Identifier: Apache-2.0
// Groups of points that share probes. The points of a group can only be left out together.
#pragma once

#include <map>
#include <string>

#include "plan/plan.h"

namespace flowtap {

// The mechanism's name for a Python point, "profile/point" for a native point.
std::string group_of(const PlannedPoint& point);

// Maps the name of each probe of the plan to the group that uses it.
std::map<std::string, std::string> groups_by_probe(const Plan& plan);

}  // namespace flowtap
