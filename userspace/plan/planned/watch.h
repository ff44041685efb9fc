// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "arch/architecture.h"
#include "python/objects/bytecode.h"

namespace flowtap {

// The begin of a call reads the function's first instruction.
struct CallBegin {};

// The end of a call releases the function's code object, whose reference count is watched.
struct CallEnd {
    std::uint64_t begin = 0;  // address of the function's first instruction
    std::uint32_t size = 0;   // of its bytecode, from there on
    ReturnOpcodes returns{};
};

// A hardware watch: a debug register of each thread of the process reports accesses to these bytes.
struct PlannedWatch {
    static constexpr std::size_t kMost = arch::kHardwareWatches;
    static constexpr std::size_t kOfFunction = 2;
    std::string name;           // label of flowtap_probe_hits_total
    std::uint64_t address = 0;  // of one byte that is read; for ends, of eight bytes that are written
    std::uint64_t code = 0;     // the function's code object
    std::variant<CallBegin, CallEnd> of = CallBegin{};

    [[nodiscard]] bool is_end() const { return std::holds_alternative<CallEnd>(of); }
};

}  // namespace flowtap
