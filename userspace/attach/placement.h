// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "plan/plan.h"
#include "process/memory.h"

namespace flowtap {

// Checks that the probes of a plan were placed in the process's code. The kernel places them where the
// analysed file is mapped, and reports no error if that is nowhere: after an overlay's file was copied up,
// the process still runs the old file. Errors: kFailed for such a file; kNoTarget if the process no longer
// has memory at a probe's address.
Result<void> check_placed(const Plan& plan, const Memory& memory);

}  // namespace flowtap
