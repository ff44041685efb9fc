// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "base/result.h"
#include "plan/plan.h"
#include "plan/plan_cache.h"
#include "process/memory.h"
#include "process/process_facts.h"
#include "profile/profile.h"

namespace flowtap {

// What to attach in a process, from every profile that fits it.
// Errors: kNoTarget when no profile fits, or its interpreter is not supported (the cause names it); kUsage
// when a user's profile names a function that its loaded module or binary does not have.
// What the cache remembers of the files is taken from there.
Result<Plan> plan_process(const ProcessFacts& facts, const Memory& memory, std::span<const Profile> profiles,
                          PlanCache& cache, const PlanSettings& settings = {});
// For one process: nothing is kept.
Result<Plan> plan_process(const ProcessFacts& facts, const Memory& memory, std::span<const Profile> profiles,
                          const PlanSettings& settings = {});

}  // namespace flowtap
