// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "base/result.h"
#include "plan/plan.h"
#include "plan/python/probes/bound_methods.h"
#include "python/interpreter.h"

namespace flowtap {

// Where object.method(*arguments, **named) continues after its dictionary was unpacked: in the compiled forms
// of PyObject_Call and PyVectorcall_Call, and where they are inlined. Other callables pass these sites, too.
// `functions`: those of method_functions(); `seen`: those that are probed at their entry, so that a place
// from which all bound methods continue there needs no probe. Errors: a place was not found, or may not be
// the only one.
Result<std::vector<PlannedProbe>> unpacked_call_probes(const Interpreter& interpreter,
                                                       const std::vector<MethodFunction>& functions,
                                                       const std::set<std::uint64_t>& seen);

}  // namespace flowtap
