// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "plan/plan.h"
#include "python/interpreter.h"

namespace flowtap {

// The part of gen_close() that closes what the coroutine awaits. Generators that a program gives up early
// pass gen_close() too, and do not pass this part; what the rest of it runs is seen as a step. Empty where
// this build does not show such a part, or evaluates the coroutine in gen_close() itself.
std::vector<PlannedProbe> delegated_close_probes(const Interpreter& interpreter, std::uint64_t close);

}  // namespace flowtap
