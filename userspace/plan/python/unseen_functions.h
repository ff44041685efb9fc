// SPDX-License-Identifier: Apache-2.0
// Functions that a user may expect a point to observe, and that it does not observe, or not always.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plan/plan.h"
#include "plan/python/point_subject.h"
#include "python/objects/code_lookup.h"

namespace flowtap {

// "a, b, c, d, e and 2 more".
std::string listed_names(const std::vector<std::string>& names);

// The functions of subclasses that replace a method without calling it: it runs if they call it by super(),
// which takes the variable __class__.
std::vector<std::string> replacements(const CodeLookup& lookup, std::uint64_t type,
                                      const std::string& method);

// Names functions that no probe will see, so that users do not expect them in the metrics.
void note_unseen(PlannedPoint& planned, const CodeLookup& lookup, const Subject& subject);

// Warns of the functions of subclasses that replace a method, if the point is about that very method.
void warn_of_replacements(PlannedPoint& planned, const CodeLookup& lookup, const Subject& subject);

// Says of methods that an object has replaced, such as a wrapper, when their calls are seen.
void note_kept(PlannedPoint& planned, const Subject& subject);

}  // namespace flowtap
