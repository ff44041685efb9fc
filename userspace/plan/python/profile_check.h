// SPDX-License-Identifier: Apache-2.0
// What a plan says of a profile to the one who writes it, beyond whether its points can be observed.
#pragma once

#include <sys/types.h>

#include "plan/plan.h"
#include "python/code_lookup.h"

namespace flowtap {

// Callers and carriers that are left out, and why; those that have not the variables they are asked for.
void note_missing_callers(PlannedPoint& planned, const CodeLookup& lookup, pid_t pid);

// Attributes of `self` that are properties, which no probe can compute. type: the class of self.
void note_properties(PlannedPoint& planned, const CodeLookup& lookup, std::uint64_t type);

// Where each id comes from.
void note_origins(PlannedPoint& planned);

}  // namespace flowtap
