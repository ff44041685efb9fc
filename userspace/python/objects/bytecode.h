// SPDX-License-Identifier: Apache-2.0
// What a call of a function reads of its bytecode, and what it changes there.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "bpf/target.h"
#include "process/memory.h"
#include "python/interpreter.h"
#include "python/versions/python_version.h"

namespace flowtap {

struct CallUnits {
    std::uint64_t begin =
        0;  // address of the instruction after RESUME: the first one read in the function's own frame
    std::uint32_t size = 0;   // bytes of the function's bytecode from there on
    ReturnOpcodes returns{};  // opcodes at which a returning frame stands; padded with 0
};

// Errors: not a plain function, or not readable.
Result<CallUnits> call_units(const Interpreter& interpreter, const Memory& memory, std::uint64_t code);

// What changes in a code object when it is executed for the first time.
struct RunMark {
    std::uint64_t address = 0;
    std::uint8_t size = 0;                  // bytes there, 1 or 2
    std::array<std::uint16_t, 3> values{};  // padded with 0
    bool until_run = false;  // true: has one of these values until the first run; false: from then on

    [[nodiscard]] bool has_run(const Memory& memory) const;
};

// nullopt: nothing that is known changes, or a tool that observes each call has already changed it.
std::optional<RunMark> run_mark(const Interpreter& interpreter, const Memory& memory, std::uint64_t code);

}  // namespace flowtap
