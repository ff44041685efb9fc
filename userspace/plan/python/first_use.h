// SPDX-License-Identifier: Apache-2.0
// Finds what in a profile cannot happen yet because a class has no object, and the words that change when it
// gets one.
#pragma once

#include "plan/plan.h"
#include "profile/profile.h"
#include "python/objects/code_lookup.h"
#include "python/unchanged_words.h"

namespace flowtap {

// Whether it is certain that no object exists on which this method, apart from its overrides, can be called.
// If so, notes in signs the words that the first object changes.
bool waits_for_objects(const Point& point, const CodeLookup& lookup, const PythonCode& method,
                       UnchangedWords& signs);

// Whether observing a method is expensive even while nothing calls it, and may begin later: hardware watches
// make each switch between threads more expensive.
bool costs_while_idle(const Point& point, const PythonCode& method);

// Whether no class of the profile has an object yet, so that none of its functions can have been called.
// Their observation begins together, because one runtime calls another's nodes.
bool is_unused(const Profile& profile, const CodeLookup& lookup, UnchangedWords& signs);

// Whether a class that is defined later may change the plan: it may override the point's method, or have the
// first object.
bool subclasses_matter(const Point& point, const PlanWishes& wishes);

}  // namespace flowtap
