// SPDX-License-Identifier: Apache-2.0
// Finds the mechanisms that can observe a point of a Python profile in one process, and chooses one.
#pragma once

#include <optional>
#include <vector>

#include "plan/plan.h"
#include "plan/python/python_mechanisms.h"
#include "python/objects/code_lookup.h"

namespace flowtap {

// A context variable that a function sets around the code it runs.
struct VariableUse {
    std::uint64_t variable = 0;  // the ContextVar
    int object_slot = 0;         // local that holds the node
    std::optional<int> token_slot;
};

// nullopt: the profile names no variable, or this version of the engine does not have it.
std::optional<VariableUse> variable_use(const CodeLookup& lookup, const Point& point,
                                        const PythonCode& function);

// Errors: the process has no object of that name, or it is neither a class nor a C function.
Result<MarkingCall> marking_call(const CodeLookup& lookup, const PythonFunction& named);

// Never empty; includes mechanisms that are absent here. `expected`: the profile's. `watches`: number of a
// thread's hardware watches that are already in use.
std::vector<Candidate> candidates_of(const Point& point, const PythonCode& function, const CodeLookup& lookup,
                                     const ProcessProbes& process, const ExpectedHits& expected,
                                     std::size_t watches);

// Makes the best candidate the point's mechanism, with what it misses, and keeps the others as rejected. If
// all are absent, the point is not observed, and says why.
void observe_by_best(PlannedPoint& planned, std::vector<Candidate> candidates, Preference preference);

}  // namespace flowtap
