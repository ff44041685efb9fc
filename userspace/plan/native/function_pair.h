// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "plan/native/native_binary.h"
#include "plan/plan.h"
#include "profile/profile.h"

namespace flowtap {

// Plans a point whose executions begin at the entry of one function and end at that of another. Where a file
// that may have them is not loaded yet, the point is pending. Errors: as for a function.
Result<void> plan_function_pair(Plan& plan, PlannedPoint& planned, const Profile& profile,
                                const std::vector<NativeBinary>& binaries);

}  // namespace flowtap
