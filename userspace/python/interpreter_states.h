// SPDX-License-Identifier: Apache-2.0
// The interpreters that live in one process: the main one, and subinterpreters.
#pragma once

#include <cstdint>
#include <vector>

#include "process/memory.h"
#include "python/layout.h"

namespace flowtap {

struct InterpreterState {
    std::uint64_t address = 0;  // PyInterpreterState
    std::uint32_t number = 0;   // its id, never used again in its process; 0: the main one
    bool own_gil = false;       // 3.12+: it shares none with the main one
    bool operator==(const InterpreterState&) const = default;
};

// Interpreters looked at in one process. InterpreterPoolExecutor makes 32 at most unless told otherwise.
inline constexpr std::size_t kMostInterpreters = 512;

// The main one first. list: _PyRuntime.interpreters.head. The list is read until
// it is the same twice, four times at most. What ends meanwhile may be missing, or be there.
std::vector<InterpreterState> read_interpreters(const Memory& memory, const PythonLayout& layout,
                                                std::uint64_t list);

// The number that the next one to begin will have.
std::uint32_t next_interpreter(const Memory& memory, std::uint64_t list);

// Whether it still is the one it was when its number was read.
bool lives(const InterpreterState& state, const Memory& memory, const PythonLayout& layout);

}  // namespace flowtap
