// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "plan/plan.h"
#include "process/memory.h"

namespace flowtap {

// Checks that the probes of a plan were placed in the process's code. The kernel places them where the
// analysed file is mapped, and reports no error if that is nowhere: an overlay's file that was copied up
// after the process started is not the file that the process runs. Errors: kFailed for such a file; kNoTarget
// where the process has no memory at a probe's address any more.
Result<void> check_placed(const Plan& plan, const Memory& memory);

}  // namespace flowtap
