// SPDX-License-Identifier: Apache-2.0
// The entries of a plan for a point's own functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "plan/plan.h"
#include "profile/profile.h"
#include "python/objects/code_lookup.h"

namespace flowtap {

// Whether its code is that of other functions too: a decorator's, or that of an object which keeps the
// method.
bool is_shared(const Point& point, const PythonCode& function);

// Whether subclasses may override the point's function.
bool may_be_overridden(const Point& point);

CodeRole execution_role(const Point& point);
CodeRoles roles_of(const Point& point);

// The entry of a function of the point with this index: what all kinds of entries have in common.
PlannedCode planned_code(const CodeLookup& lookup, const PythonCode& function, std::size_t point,
                         CodeRoles roles);

// The entry of a function whose calls are executions, with its own ids. base: the class of the method; 0: it
// is no method.
PlannedCode called_node(const CodeLookup& lookup, const Point& point, std::size_t index,
                        const PythonCode& function, std::uint64_t base);

// A function may occur twice, as a node's caller and as a workflow: one entry has both roles.
void add_code(Plan& plan, PlannedCode code);

// Two kinds of functions have an additional entry of their own: a decorator's, whose code other functions run
// too, and a method below a decorator, which is not what its class has under the name.
void add_function(Plan& plan, const CodeLookup& lookup, PlannedCode code, const PythonCode& function);

// Later classes are recognised by their method's name from their first call on.
void add_name(Plan& plan, const CodeLookup& lookup, const Point& point, std::size_t index, std::uint64_t base,
              std::uint64_t name);

// Address of the name by which the classes of these functions have the point's method; 0: unknown.
std::uint64_t name_of(const CodeLookup& lookup, const Point& point, const std::vector<PythonCode>& functions);

}  // namespace flowtap
