// SPDX-License-Identifier: Apache-2.0
// What can observe a point of a Python profile in one process, and which of that does.
#pragma once

#include <optional>
#include <vector>

#include "plan/plan.h"
#include "plan/python/python_mechanisms.h"
#include "python/code_lookup.h"

namespace flowtap {

// A context variable that a function sets around what it runs.
struct VariableUse {
    std::uint64_t variable = 0;  // the ContextVar
    int object_slot = -1;        // local that holds the node
    std::optional<int> token_slot;
};

// None: the profile names none, or this version of the engine has not got it.
std::optional<VariableUse> variable_use(const CodeLookup& lookup, const Point& point,
                                        const PythonCode& function);

// Errors: the process has nothing of that name, or it is neither a class nor a function written in C.
Result<MarkingCall> marking_call(const CodeLookup& lookup, const PythonFunction& named);

// Never empty; those that are absent here are among them. `watches`: so many of a thread's hardware watches
// are taken.
std::vector<Candidate> candidates_of(const Point& point, const PythonCode& function, const CodeLookup& lookup,
                                     const ProcessTaps& taps, std::size_t watches);

// Makes one the point's mechanism, with what it misses, and keeps the others as rejected. Where all are
// absent, the point is not observed, and says why.
void settle(PlannedPoint& planned, std::vector<Candidate> candidates);

}  // namespace flowtap
