// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "plan/plan.h"
#include "python/interpreter.h"

namespace flowtap {

// The part of gen_close() that closes the awaited object. Generators that a program abandons pass
// gen_close(), but not this part; the rest of gen_close() is seen as a step. Empty if this build has no such
// part, or evaluates the coroutine in gen_close() itself.
std::vector<PlannedProbe> delegated_close_probes(const Interpreter& interpreter, std::uint64_t close);

}  // namespace flowtap
