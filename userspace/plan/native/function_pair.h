// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "plan/native/native_binary.h"
#include "plan/plan.h"
#include "profile/profile.h"

namespace flowtap {

// Plans a point whose executions begin at the entry of one function and end at the entry of another. The
// point is pending if a file that may contain them is not loaded yet. Errors: as for a function.
Result<void> plan_function_pair(Plan& plan, PlannedPoint& planned, const Profile& profile,
                                const std::vector<NativeBinary>& binaries);

}  // namespace flowtap
