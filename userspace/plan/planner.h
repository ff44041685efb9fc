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

// Plans what to attach in a process, from every profile that fits it. Reuses what the cache knows about the
// files. Errors: kNoTarget if no profile fits, or its interpreter is not supported (the cause names it);
// kUsage if a user's profile names a function that its loaded module or binary does not have.
Result<Plan> plan_process(const ProcessFacts& facts, const Memory& memory, std::span<const Profile> profiles,
                          PlanCache& cache, const PlanSettings& settings = {});
// The same for one process, without a cache.
Result<Plan> plan_process(const ProcessFacts& facts, const Memory& memory, std::span<const Profile> profiles,
                          const PlanSettings& settings = {});

}  // namespace flowtap
