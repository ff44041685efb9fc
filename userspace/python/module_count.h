// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "process/memory.h"
#include "python/interpreter.h"

namespace flowtap {

// What of a running interpreter changes when it imports modules, and when interpreters begin and end in it:
// one number, of which only a change means something.
struct ModuleCount {
    std::uint64_t interpreters = 0;  // address of _PyRuntime.interpreters.head
    std::uint32_t next = 0;          // in a PyInterpreterState: the next one
    std::uint32_t table = 0;         // there: sys.modules
    std::uint32_t used = 0;          // in that dict: how many entries

    static ModuleCount of(const Interpreter& interpreter);

    // nullopt: the process is gone, or another program now.
    [[nodiscard]] std::optional<std::uint64_t> read(const Memory& memory) const;
};

}  // namespace flowtap
