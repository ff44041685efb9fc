// SPDX-License-Identifier: Apache-2.0
// Whether a function is of the kind that a point's `call` says.
#pragma once

#include <optional>
#include <string>

#include "profile/profile.h"
#include "python/objects/code_lookup.h"

namespace flowtap {

// Why this function cannot be observed with the profile's `call`, and what to write instead. Empty: it can.
std::string shape_conflict(const Point& point, const PythonCode& function);

// The function whose executions are observed if a class has this one: itself, or a function that it wraps.
std::optional<PythonCode> seen_function(const Point& point, const CodeLookup& lookup, const PythonCode& one);

// The kind of a function that cannot be observed as an override.
std::string kind_of_unseen(const Point& point, const PythonCode& function);

}  // namespace flowtap
