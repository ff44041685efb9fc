// SPDX-License-Identifier: Apache-2.0
// The interpreters in one process: the main one, and subinterpreters.
#pragma once

#include <cstdint>
#include <vector>

#include "process/memory.h"
#include "python/layout.h"

namespace flowtap {

struct InterpreterState {
    std::uint64_t address = 0;  // PyInterpreterState
    std::uint32_t number = 0;   // its id, never reused in its process; 0: the main one
    bool own_gil = false;       // 3.12+: it has its own GIL
    bool operator==(const InterpreterState&) const = default;
};

// Limit of interpreters in one process. InterpreterPoolExecutor makes at most 32 by default.
inline constexpr std::size_t kMostInterpreters = 512;

// All interpreters, the main one first. list: _PyRuntime.interpreters.head. Reads the list until it is the
// same twice, at most four times. Interpreters that end meanwhile may be missing or included.
std::vector<InterpreterState> read_interpreters(const Memory& memory, const PythonLayout& layout,
                                                std::uint64_t list);

// The number of the next interpreter to be created.
std::uint32_t next_interpreter(const Memory& memory, std::uint64_t list);

// Whether the state still belongs to the interpreter with this number.
bool lives(const InterpreterState& state, const Memory& memory, const PythonLayout& layout);

}  // namespace flowtap
