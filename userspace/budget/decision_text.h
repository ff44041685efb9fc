// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "budget/overhead_budget.h"

namespace flowtap {

// Text for the log, such as "its probes added 41 % to its CPU time in 60 s, more than --max-overhead allows:
// ...".
std::string decision_text(const BudgetDecision& decision);

}  // namespace flowtap
