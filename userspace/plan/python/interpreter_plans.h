// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "base/result.h"
#include "plan/plan.h"
#include "plan/python/python_mechanisms.h"
#include "process/memory.h"
#include "profile/profile.h"
#include "python/interpreter.h"

namespace flowtap {

// Adds the points of the Python profiles that fit, and their code objects, in each interpreter of the
// process: each has its own modules, classes and functions. A point is observed if it is observed in one of
// them. Errors: kUsage if nothing can be observed, now or later, and a user's profile names something that
// its loaded modules do not have in any interpreter.
Result<void> plan_interpreters(Plan& plan, const Interpreter& interpreter, const Memory& memory,
                               std::span<const Profile> profiles, const ProcessProbes& process);

}  // namespace flowtap
