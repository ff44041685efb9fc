// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plan/plan.h"
#include "process/process_facts.h"

namespace flowtap {

// Adds what sees native executions end without a return: probes where exceptions, forced unwinds and longjmp
// land, in every mapped file that may hold an unwinder or longjmp; and the warnings of what is not seen. Does
// nothing for a plan without native points that end by their returns.
void plan_unwinding(Plan& plan, const ProcessFacts& facts);

}  // namespace flowtap
