// SPDX-License-Identifier: Apache-2.0
// The entries of a plan for functions that tell something about a point's executions.
#pragma once

#include <cstddef>
#include <vector>

#include "plan/plan.h"
#include "profile/profile.h"
#include "python/objects/code_lookup.h"

namespace flowtap {

// Overrides that always call the function itself, or another point, on the same object.
std::vector<PythonCode> passing_functions(const CodeLookup& lookup, const Point& point);

// Each adds the functions of one key of the profile (callers, carriers, failed_by), where they exist.
void add_callers(Plan& plan, PlannedPoint& planned, std::size_t index, const CodeLookup& lookup);
void add_carriers(Plan& plan, const PlannedPoint& planned, std::size_t index, const CodeLookup& lookup);
void add_failing_call(Plan& plan, PlannedPoint& planned, std::size_t index, const CodeLookup& lookup);

}  // namespace flowtap
