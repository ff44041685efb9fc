// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <vector>

#include "base/result.h"
#include "budget/measured_cost.h"
#include "plan/plan.h"
#include "profile/profile.h"

namespace flowtap {

// Attaches to the process, counts the hits of its probes for the duration or until SIGINT or SIGTERM, and
// detaches. Errors: as Collector::make() and TargetRegistry::add(); kNoTarget if the process ended meanwhile.
Result<MeasuredCost> measure_cost(pid_t pid, std::vector<Profile> profiles, const PlanSettings& settings,
                                  std::chrono::milliseconds duration);

}  // namespace flowtap
