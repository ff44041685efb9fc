// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "process/memory.h"
#include "python/interpreter.h"

namespace flowtap {

// A number that changes when a running interpreter imports modules, and when interpreters begin and end. Only
// a change of it has a meaning.
struct ModuleCount {
    std::uint64_t interpreters = 0;  // address of _PyRuntime.interpreters.head
    std::uint32_t next = 0;          // offset in PyInterpreterState of the next one
    std::uint32_t table = 0;         // offset there of sys.modules
    std::uint32_t used = 0;          // offset in that dict of the number of entries

    static ModuleCount of(const Interpreter& interpreter);

    // nullopt: the process is gone, or runs another program now.
    [[nodiscard]] std::optional<std::uint64_t> read(const Memory& memory) const;
};

}  // namespace flowtap
