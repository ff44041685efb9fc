// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "plan/plan.h"
#include "plan/python/probes/bound_methods.h"
#include "python/interpreter.h"

namespace flowtap {

// The path through one of the functions that call methods, taken only if the caller left no room for self
// before the arguments (PY_VECTORCALL_ARGUMENTS_OFFSET is not set): object.method(*arguments), map(),
// functools.partial, Context.run(). Most other calls from C leave that room. Errors: the path was not found.
Result<std::vector<PlannedProbe>> offsetless_call_probes(const Interpreter& interpreter,
                                                         const MethodFunction& function);

}  // namespace flowtap
