// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include "base/result.h"
#include "plan/plan.h"

namespace flowtap {

// Explains why the kernel did not attach the probe in this process. Names missing privileges.
Error attach_error(const PlannedProbe& probe, pid_t pid, int error);

// The same for a perf event, which requires more privileges.
Error perf_error(const PlannedProbe& probe, pid_t pid, int error);

}  // namespace flowtap
