// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "python/bytecode.h"

namespace flowtap {

// A hardware watch: a debug register of each thread of the process reports accesses to these bytes.
struct PlannedWatch {
    // A thread has four (kernel: arch/x86/include/asm/hw_breakpoint.h, HBP_NUM).
    static constexpr std::size_t kMost = 4;
    static constexpr std::size_t kOfFunction = 2;
    std::string name;           // label of flowtap_probe_hits_total
    std::uint64_t address = 0;  // of one byte that is read; for ends, of eight bytes that are written
    std::uint64_t code = 0;     // the function's code object
    bool is_end = false;        // false: the begin of a call
    std::uint64_t begin = 0;    // address for the begin of a call of the same function
    std::uint32_t size = 0;     // of the function's bytecode, from there on
    ReturnOpcodes returns{};    // ends
};

}  // namespace flowtap
