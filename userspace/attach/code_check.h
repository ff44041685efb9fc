// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "plan/plan.h"
#include "process/memory.h"

namespace flowtap {

// Checks that the process's memory around each probe of the plan equals the analysed code, apart from
// uprobes. The process may have mapped another file there since, and a file that was overwritten in place may
// have left older code in memory. The kernel checks neither, and would put a breakpoint into the middle of an
// instruction. Errors: kFailed if the code differs; kNoTarget if memory cannot be read, because the process
// ended or unloaded the library.
Result<void> check_code(const Plan& plan, const Memory& memory);

}  // namespace flowtap
