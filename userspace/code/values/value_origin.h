// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "code/code_source.h"
#include "code/function/function_code.h"

namespace flowtap {

// Whether what a register holds before an instruction is, on every way there, known not to be the address of
// the field `displacement` bytes into some object: it is one of the function's own frame, or what a call
// returned, or an argument, which code that is called has in its registers. False where it cannot be told.
bool is_no_field(const CodeSource& source, const FunctionCode& function, uint64_t before, Register held,
                 int displacement, bool is_called);

}  // namespace flowtap
