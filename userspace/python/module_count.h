// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "process/memory.h"
#include "python/interpreter.h"

namespace flowtap {

// Where a running interpreter counts its modules: one number that changes with every import. To which may be
// added the attributes of classes that had no instance yet, so that it also changes with their first one.
struct ModuleCount {
    std::uint64_t table_pointer = 0;                   // where the address of sys.modules stands
    std::uint32_t used = 0;                            // in that dict: how many entries
    std::vector<std::uint64_t> attribute_counts = {};  // addresses

    static ModuleCount of(const Interpreter& interpreter) {
        return {interpreter.main_interpreter() + interpreter.layout().interpreter_modules,
                interpreter.layout().dict_used,
                {}};
    }

    // nullopt: the process is gone, or another program now.
    [[nodiscard]] std::optional<std::uint64_t> read(const Memory& memory) const {
        const auto table = memory.read<std::uint64_t>(table_pointer);
        auto count = table ? memory.read<std::uint64_t>(*table + used) : std::nullopt;
        for (const std::uint64_t address : attribute_counts)
            if (count) *count += memory.read<std::uint64_t>(address).value_or(0);
        return count;
    }
};

}  // namespace flowtap
