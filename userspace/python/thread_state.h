// SPDX-License-Identifier: Apache-2.0
// Where a thread finds the PyThreadState that it runs with.
#pragma once

#include <cstdint>
#include <optional>

#include "bpf/python/ft_python.h"
#include "process/memory.h"
#include "process/process_facts.h"
#include "python/layout.h"
#include "python/python_binary.h"

namespace flowtap {

// From 3.12 on it is a thread-local variable, static (_Py_tss_tstate, Python/pystate.c), but exported
// functions return its value. nullopt: their code does not tell where it is; else enum ft_tstate_in with its
// two values.
struct ThreadStatePlace {
    std::uint8_t in = FT_TSTATE_TLS;
    std::uint64_t base = 0;
    std::uint64_t address = 0;
    bool operator==(const ThreadStatePlace&) const = default;
};
std::optional<ThreadStatePlace> thread_local_state(const PythonBinary& binary, const ProcessFacts& facts,
                                                   const Memory& memory);

// Address of the variable in the thread with that pthread_self().
std::uint64_t variable_address(const ThreadStatePlace& place, std::uint64_t thread_pointer,
                               const Memory& memory);

// Whether threads of the interpreters in the list (_PyRuntime.interpreters.head) have something there that is
// no state of a thread, and none has one. A thread that waits has nothing there.
bool contradicted(const ThreadStatePlace& place, const Memory& memory, const PythonLayout& layout,
                  std::uint64_t list);

}  // namespace flowtap
