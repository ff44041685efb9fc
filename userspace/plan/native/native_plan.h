// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "plan/plan.h"
#include "process/process_facts.h"

namespace flowtap {

// Whether one of the profile's binaries is mapped by the process (base name, without " (deleted)").
bool native_profile_fits(const Profile& profile, const ProcessFacts& facts);

// Adds a native profile's points: entry and exit sites of its functions in the mapped binaries. Errors:
// kUsage if a function is missing or ambiguous; kNoTarget if a binary cannot be read.
Result<void> plan_native_profile(Plan& plan, const Profile& profile, const ProcessFacts& facts);

}  // namespace flowtap
