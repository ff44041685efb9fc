// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "code/function/function_code.h"
#include "sites/landing_sites.h"

namespace flowtap {

// An instruction that loads the stack pointer from outside its own frame and is soon followed by a jump: this
// is how __builtin_eh_return and longjmp end.
struct StackInstall {
    uint64_t address = 0;
    ValuePlace stack_pointer;  // as it will be behind the jump
};

std::vector<StackInstall> stack_installs(const CodeSource& source, const FunctionCode& function);

}  // namespace flowtap
