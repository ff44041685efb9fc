// SPDX-License-Identifier: Apache-2.0
// Points that share probes, and so can only be left out together.
#pragma once

#include <map>
#include <string>

#include "plan/plan.h"

namespace flowtap {

// Of Python points of one mechanism: its name. Of a native one: "profile/point".
std::string group_of(const PlannedPoint& point);

// For which group each probe of the plan is there, by the probe's name.
std::map<std::string, std::string> groups_by_probe(const Plan& plan);

}  // namespace flowtap
