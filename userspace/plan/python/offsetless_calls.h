// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "plan/plan.h"
#include "plan/python/bound_methods.h"
#include "python/interpreter.h"

namespace flowtap {

// The way through one of the functions that call methods which is taken only where the caller left no room
// for self before the arguments (PY_VECTORCALL_ARGUMENTS_OFFSET is not set): object.method(*arguments),
// map(), functools.partial, Context.run(). Most other calls from C leave that room. Errors: it was not found.
Result<std::vector<PlannedProbe>> offsetless_call_probes(const Interpreter& interpreter,
                                                         const MethodFunction& function);

}  // namespace flowtap
