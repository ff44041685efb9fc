// SPDX-License-Identifier: Apache-2.0
// The paths of a profile, resolved against the functions of a process.
#pragma once

#include <string>

#include "plan/plan.h"
#include "python/code_lookup.h"

namespace flowtap {

// No path where the function has no such variable.
PlannedPath resolve(const CodeLookup& lookup, const PythonCode& function, const IdSource& source);

// Fills a point's own paths. In a method's `self` is the first argument, whatever the function calls it; and
// what a decorator's function does not name may be an argument of what it wraps, passed on.
void resolve_own(PlannedCode& code, const CodeLookup& lookup, const Point& point, const PythonCode& function,
                 bool method);

// The same where no function is known yet: `self`, and arguments that are passed by their names.
void resolve_unseen(PlannedCode& code, const CodeLookup& lookup, const Point& point);

// The same of a ContextVar's value, where every path begins.
void resolve_value(PlannedCode& code, const CodeLookup& lookup, const Point& point);

// The steps of what an outcome is judged by; not given where there are none.
PlannedPath resolve_outcome(const CodeLookup& lookup, const OutcomeRule& outcome);

// The variables of a point's paths that the function has not, or that have no value when the point reads
// them, for people: "it has no local variable absent". Empty: there are none.
std::string wrong_variables(const CodeLookup& lookup, const Point& point, const PythonCode& function);

// A variable of these that the function has not. Empty: it has all.
std::string missing_variable(const CodeLookup& lookup, const PythonCode& function, const IdSources& ids);

// The function itself, or one below its decorators that fits; the function itself where none does.
template <typename Fits>
PythonCode below_decorators(const CodeLookup& lookup, const PythonCode& function, Fits fits) {
    constexpr int kMostDecorators = 8;  // looked through
    PythonCode one = function;
    for (int depth = 0; depth < kMostDecorators && !fits(one); ++depth) {
        auto inner = lookup.wrapped_by(one);
        if (!inner) return function;
        one = *std::move(inner);
    }
    return fits(one) ? one : function;
}

}  // namespace flowtap
