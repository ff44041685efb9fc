// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plan/plan.h"
#include "process/process_facts.h"

namespace flowtap {

// Adds what is needed to observe native executions that end without a return: probes where exceptions, forced
// unwinds and longjmp continue, in every mapped file that may contain an unwinder or longjmp; and warnings
// about what is not observed. Does nothing for a plan without native points that end by their returns.
void plan_unwinding(Plan& plan, const ProcessFacts& facts);

}  // namespace flowtap
