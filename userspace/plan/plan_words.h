// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "plan/plan.h"

namespace flowtap {

// What both forms of a plan, for people and for programs, say in the same words.
std::string function_name(const Point& point);
const char* kind_name(const Point& point);
// Empty where the point is not observed.
std::string mechanism_text(const PlannedPoint& planned);
// What a hit of the watch means.
std::string meaning_of(const Plan& plan, const PlannedWatch& watch);
// Where the ids come from; those of Python points are read from the profile.
std::vector<IdOrigin> id_origins(const PlannedPoint& planned);

}  // namespace flowtap
