// SPDX-License-Identifier: Apache-2.0
// Where a thread finds its current PyThreadState.
#pragma once

#include <cstdint>
#include <optional>

#include "bpf/python/ft_python.h"
#include "process/memory.h"
#include "process/process_facts.h"
#include "python/layout.h"
#include "python/python_binary.h"

namespace flowtap {

// From 3.12 on this is a static thread-local variable (_Py_tss_tstate, Python/pystate.c), whose value
// exported functions return. nullopt: their code does not show where it is; otherwise enum ft_tstate_in with
// its two values.
struct ThreadStatePlace {
    std::uint8_t in = FT_TSTATE_TLS;
    std::uint64_t base = 0;
    std::uint64_t address = 0;
    bool operator==(const ThreadStatePlace&) const = default;
};
std::optional<ThreadStatePlace> thread_local_state(const PythonBinary& binary, const ProcessFacts& facts,
                                                   const Memory& memory);

// Address of the variable in the thread with that thread pointer.
std::uint64_t variable_address(const ThreadStatePlace& place, std::uint64_t thread_pointer,
                               const Memory& memory);

// Whether some thread of the interpreters in the list (_PyRuntime.interpreters.head) has something there that
// is not a thread state, while no thread has one. A waiting thread has a null pointer there.
bool contradicted(const ThreadStatePlace& place, const Memory& memory, const PythonLayout& layout,
                  std::uint64_t list);

}  // namespace flowtap
