// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plan/plan.h"
#include "process/memory.h"
#include "python/code_lookup.h"
#include "python/interpreter.h"
#include "result.h"

namespace flowtap {

// Adds a Python profile's points to the plan: their code objects, and the taps they need.
// Errors: kUsage when a user's profile names what its loaded modules do not have.
Result<void> plan_python_profile(Plan& plan, const Profile& profile, const CodeLookup& lookup,
                                 const PlanSettings& settings);

// Adds the probes for the mechanisms the plan's points use; a mechanism that has no site in this interpreter
// turns its points into unobserved ones, with the reason.
// It changes nothing else of the plan but whether there are clocks, and depends on nothing of it but the
// points' mechanisms and the codes' roles: TapCache relies on that.
void plan_python_taps(Plan& plan, const Interpreter& interpreter, const Memory& memory,
                      const PlanSettings& settings);

// Whether some of its executions are seen by calls of bound methods.
bool calls_methods(const Plan& plan);

}  // namespace flowtap
