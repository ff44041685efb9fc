// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "plan/plan.h"
#include "process/memory.h"

namespace flowtap {

// Whether the process's memory around each probe of the plan is what was analysed, but for what uprobes
// write. The process may have mapped another file there since, and a file that was overwritten in place while
// it was mapped may have left older code in memory: the kernel, which looks at neither, would put a
// breakpoint into the middle of an instruction. Errors: kFailed where there is other code; kNoTarget where
// memory cannot be read, as of a process that ended or a library that was unloaded.
Result<void> check_code(const Plan& plan, const Memory& memory);

}  // namespace flowtap
