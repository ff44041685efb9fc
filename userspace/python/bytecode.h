// SPDX-License-Identifier: Apache-2.0
// What a call of a plain function reads of its bytecode, at its begin and where it returns.
#pragma once

#include <cstdint>
#include <vector>

#include "process/memory.h"
#include "python/interpreter.h"
#include "result.h"

namespace flowtap {

// Addresses of units, of two bytes each: the opcode lies in the first one.
struct CallUnits {
    std::uint64_t begin = 0;  // the unit after RESUME: the first that is read when the frame is current
    std::vector<std::uint64_t> returns;  // ascending; none is the begin
};

// Errors: the function does nothing, or never returns; what is not known (the bytecode of a function that is
// being traced hides its instructions), or not readable.
Result<CallUnits> call_units(const Interpreter& interpreter, const Memory& memory, std::uint64_t code);

}  // namespace flowtap
