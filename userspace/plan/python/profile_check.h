// SPDX-License-Identifier: Apache-2.0
// Notes in a plan about mistakes in a profile, apart from points that cannot be observed.
#pragma once

#include <sys/types.h>

#include "plan/plan.h"
#include "python/objects/code_lookup.h"

namespace flowtap {

// Notes callers and carriers that are left out, and why, and those without a variable that the profile names.
void note_missing_callers(PlannedPoint& planned, const CodeLookup& lookup, pid_t pid);

// Notes attributes of `self` that are properties, which no probe can compute. type: the class of self.
void note_properties(PlannedPoint& planned, const CodeLookup& lookup, std::uint64_t type);

// Notes the source of each id.
void note_origins(PlannedPoint& planned);

}  // namespace flowtap
