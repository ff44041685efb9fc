// SPDX-License-Identifier: Apache-2.0
#include "python/interpreter_states.h"

#include <algorithm>
#include <utility>

namespace flowtap {
namespace {

std::uint64_t word_at(const Memory& memory, std::uint64_t address) {
    return memory.read<std::uint64_t>(address).value_or(0);
}

// If the process changes the list during a reading, the reading may end too early.
constexpr int kMostReadings = 4;

std::vector<InterpreterState> read_once(const Memory& memory, const PythonLayout& layout,
                                        std::uint64_t list) {
    const std::uint64_t main = word_at(memory, list + 8);
    std::vector<InterpreterState> states = {{main, 0, false}};
    const std::uint64_t shared =
        layout.interpreter_gil != 0 ? word_at(memory, main + layout.interpreter_gil) : 0;
    std::uint64_t next = word_at(memory, list);
    for (std::size_t i = 0; next != 0 && i < kMostInterpreters; i++) {
        const auto number = memory.read<std::uint32_t>(next + layout.bpf.interpreter_id);
        if (!number) break;
        if (next != main && *number != 0) {
            const bool own =
                layout.interpreter_gil != 0 && word_at(memory, next + layout.interpreter_gil) != shared;
            states.push_back({next, *number, own});
        }
        next = word_at(memory, next + layout.interpreter_next);
    }
    // The list starts with the newest.
    std::reverse(states.begin() + 1, states.end());
    return states;
}

}  // namespace

std::vector<InterpreterState> read_interpreters(const Memory& memory, const PythonLayout& layout,
                                                std::uint64_t list) {
    std::vector<InterpreterState> states = read_once(memory, layout, list);
    for (int i = 1; i < kMostReadings; i++) {
        std::vector<InterpreterState> again = read_once(memory, layout, list);
        if (again == states) break;
        states = std::move(again);
    }
    return states;
}

std::uint32_t next_interpreter(const Memory& memory, std::uint64_t list) {
    return memory.read<std::uint32_t>(list + 16).value_or(0);
}

bool lives(const InterpreterState& state, const Memory& memory, const PythonLayout& layout) {
    return memory.read<std::uint32_t>(state.address + layout.bpf.interpreter_id) == state.number;
}

}  // namespace flowtap
