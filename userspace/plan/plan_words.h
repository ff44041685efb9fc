// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "plan/plan.h"

namespace flowtap {

// Text that both forms of a plan, for people and for programs, share.
std::string function_name(const Point& point);
const char* kind_name(const Point& point);
// Empty if the point is not observed.
std::string mechanism_text(const PlannedPoint& planned);
// The meaning of a hit of the watch.
std::string meaning_of(const Plan& plan, const PlannedWatch& watch);
// The sources of the ids; those of Python points come from the profile.
std::vector<IdOrigin> id_origins(const PlannedPoint& planned);

}  // namespace flowtap
