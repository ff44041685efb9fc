// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include "base/result.h"
#include "plan/plan.h"

namespace flowtap {

// Why the kernel did not attach the probe in this process; names the privileges that were missing.
Error attach_error(const PlannedProbe& probe, pid_t pid, int error);

// The same for a perf event, which takes more.
Error perf_error(const PlannedProbe& probe, pid_t pid, int error);

}  // namespace flowtap
