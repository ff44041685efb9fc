// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "base/result.h"
#include "plan/plan.h"
#include "plan/python/bound_methods.h"
#include "python/interpreter.h"

namespace flowtap {

// Where object.method(*arguments, **named) goes on when its dictionary has been taken apart: in what
// PyObject_Call and PyVectorcall_Call are compiled to, and where these were inlined. Other callables pass as
// well. `functions`: of method_functions(); `seen`: those of them that are probed at their entry, so that a
// place which goes on there with all bound methods needs no probe. Errors: a place was not found, or may not
// be the only one.
Result<std::vector<PlannedProbe>> unpacked_call_probes(const Interpreter& interpreter,
                                                       const std::vector<MethodFunction>& functions,
                                                       const std::set<std::uint64_t>& seen);

}  // namespace flowtap
