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
// process: every one has modules, classes and functions of its own. A point is observed if it is in any of
// them. Errors: kUsage where nothing can be observed, now or later, and a user's profile names what its
// loaded modules do not have in any interpreter.
Result<void> plan_interpreters(Plan& plan, const Interpreter& interpreter, const Memory& memory,
                               std::span<const Profile> profiles, const ProcessTaps& taps);

}  // namespace flowtap
