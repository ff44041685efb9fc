// SPDX-License-Identifier: Apache-2.0
// The Python frames of the threads of a running process.
#pragma once

#include <cstdint>
#include <vector>

#include "bpf/python/ft_python.h"
#include "process/memory.h"

namespace flowtap {

struct PythonFrame {
    std::uint64_t address = 0;  // _PyInterpreterFrame
    std::uint64_t code = 0;
    std::uint64_t caller = 0;  // the next frame of Python code; 0: none
    bool through_c = false;    // entered by a C function, not by the interpreter loop of its caller
    bool operator==(const PythonFrame&) const = default;
};

struct PythonStack {
    std::uint64_t thread_state = 0;
    std::vector<PythonFrame> frames;  // innermost first
};

inline constexpr std::size_t kMaxStacks = 4096;
inline constexpr std::size_t kMaxFramesOfAll = 65'536;

// The stacks of all threads in the list at that address (PyInterpreterState.threads.head). The process runs
// meanwhile, so each stack is read twice, and only the outer frames that are equal both times are returned.
std::vector<PythonStack> read_stacks(const Memory& memory, const ft_python& layout,
                                     std::uint64_t thread_list);

}  // namespace flowtap
