// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "plan/plan.h"
#include "process/memory.h"

namespace flowtap {

// Whether the process's memory around each probe of the plan is what the file has there now, but for what
// uprobes write. A file that was overwritten in place while it was mapped may have left older code in memory,
// in which the kernel, which looks at the file only, would put a breakpoint into the middle of an
// instruction. Errors: it has other code.
Result<void> check_code(const Plan& plan, const Memory& memory);

}  // namespace flowtap
