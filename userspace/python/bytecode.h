// SPDX-License-Identifier: Apache-2.0
// What a call of a plain function reads of its bytecode.
#pragma once

#include <array>
#include <cstdint>

#include "bpf/target.h"
#include "process/memory.h"
#include "python/interpreter.h"
#include "result.h"

namespace flowtap {

using ReturnOpcodes = std::array<std::uint8_t, FT_RETURN_OPCODES>;

struct CallUnits {
    std::uint64_t begin =
        0;  // address of the unit after RESUME: the first one read in the function's own frame
    std::uint32_t size = 0;   // bytes of the function's bytecode from there on
    ReturnOpcodes returns{};  // what a frame stands at that returns; the rest is 0
};

// Errors: what is no plain function, or not readable.
Result<CallUnits> call_units(const Interpreter& interpreter, const Memory& memory, std::uint64_t code);

}  // namespace flowtap
