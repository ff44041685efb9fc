// SPDX-License-Identifier: Apache-2.0
// The paths of a profile, resolved against the functions of a process.
#pragma once

#include <optional>
#include <string>

#include "plan/plan.h"
#include "python/objects/code_lookup.h"

namespace flowtap {

// Returns no path if the function has no such variable.
std::optional<PlannedPath> resolve(const CodeLookup& lookup, const PythonCode& function,
                                   const IdSource& source);

// Fills a point's own paths. In a method, `self` is the first argument, whatever its name. A variable that a
// decorator's function does not have may be an argument that it passes on to the wrapped function.
void resolve_own(PlannedCode& code, const CodeLookup& lookup, const Point& point, const PythonCode& function,
                 bool method);

// The same if the function is not known yet: `self`, and keyword arguments.
void resolve_unseen(PlannedCode& code, const CodeLookup& lookup, const Point& point);

// The same for a ContextVar's value, where every path begins.
void resolve_value(PlannedCode& code, const CodeLookup& lookup, const Point& point);

// The steps of the path to the outcome's value, if there are any.
std::optional<PlannedPath> resolve_outcome(const CodeLookup& lookup, const OutcomeRule& outcome);

// The variables of a point's paths that the function does not have, or that have no value when the point
// reads them, for people: "it has no local variable absent". Empty: none.
std::string wrong_variables(const CodeLookup& lookup, const Point& point, const PythonCode& function);

// A variable of these ids that the function does not have. Empty: it has all.
std::string missing_variable(const CodeLookup& lookup, const PythonCode& function, const IdSources& ids);

// The function itself, or a function below its decorators that fits; the function itself if none does.
template <typename Fits>
PythonCode below_decorators(const CodeLookup& lookup, const PythonCode& function, Fits fits) {
    constexpr int kMostDecorators = 8;  // maximum depth of decorators
    PythonCode one = function;
    for (int depth = 0; depth < kMostDecorators && !fits(one); ++depth) {
        auto inner = lookup.wrapped_by(one);
        if (!inner) return function;
        one = *std::move(inner);
    }
    return fits(one) ? one : function;
}

}  // namespace flowtap
