// SPDX-License-Identifier: Apache-2.0
// What a profile claims wrongly about a function.
#pragma once

#include <string>

#include "profile/profile.h"
#include "python/objects/code_lookup.h"

namespace flowtap {

// Everything that the profile claims wrongly about this function; empty: nothing.
std::string mistakes_in(const Point& point, const CodeLookup& lookup, const PythonCode& function);

// Whether a call of begins_at or ends_at cannot be resolved yet, because its module is not imported.
bool waits_for_marks(const Point& point, const CodeLookup& lookup);

}  // namespace flowtap
