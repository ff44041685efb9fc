// SPDX-License-Identifier: Apache-2.0
// What of a profile cannot happen yet, because no object of a class has been made; and what will change then.
#pragma once

#include "plan/plan.h"
#include "profile/profile.h"
#include "python/code_lookup.h"
#include "python/unchanged_words.h"

namespace flowtap {

// Whether there is no object that this method is called on, its overrides aside, for certain. If so, the
// words that the first one will change are noted as signs.
bool waits_for_objects(const Point& point, const CodeLookup& lookup, const PythonCode& method,
                       UnchangedWords& signs);

// Whether seeing a method costs much while nothing calls it, and may begin late: hardware watches cost each
// switch between threads something.
bool is_dear_to_have(const PlannedPoint& planned, const PythonCode& method);

// Whether no object of any of the profile's classes has been made, so that none of its functions
// can have been called: the first one begins with all of them, since one runtime calls another's nodes.
bool is_unused(const Profile& profile, const CodeLookup& lookup, UnchangedWords& signs);

// A class that is defined later may have another function in the method's place, or the first object.
void note_subclasses(const PlannedPoint& planned, const CodeLookup& lookup, const PythonCode& method,
                     UnchangedWords& signs);

}  // namespace flowtap
