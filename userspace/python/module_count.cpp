// SPDX-License-Identifier: Apache-2.0
#include "python/module_count.h"

#include <array>

#include "python/interpreter_states.h"

namespace flowtap {
namespace {

// struct pyinterpreters, from head on. The same in all known versions: Include/internal/pycore_runtime.h,
// pycore_runtime_structs.h.
struct Interpreters {
    std::uint64_t head;
    std::uint64_t main;
    std::uint64_t next_number;
};

// Mixes the values, so that opposite changes in two interpreters do not cancel each other.
std::uint64_t mix(std::uint64_t sum, std::uint64_t value) { return (sum ^ value) * 0x100000001b3ULL; }

}  // namespace

ModuleCount ModuleCount::of(const Interpreter& interpreter) {
    return {.interpreters = interpreter.interpreter_list(),
            .next = interpreter.layout().interpreter_next,
            .table = interpreter.layout().interpreter_modules,
            .used = interpreter.layout().dict_used};
}

std::optional<std::uint64_t> ModuleCount::read(const Memory& memory) const {
    const auto list = memory.read<Interpreters>(interpreters);
    if (!list) return std::nullopt;
    std::uint64_t sum = list->next_number;
    std::uint64_t interpreter = list->head;
    for (std::size_t i = 0; interpreter != 0 && i < kMostInterpreters; i++) {
        const auto modules = memory.read<std::uint64_t>(interpreter + table);
        const auto count = modules ? memory.read<std::uint64_t>(*modules + used) : std::nullopt;
        if (!count && interpreter == list->main) return std::nullopt;
        sum = mix(mix(sum, interpreter), count.value_or(0));
        interpreter = memory.read<std::uint64_t>(interpreter + next).value_or(0);
    }
    return sum;
}

}  // namespace flowtap
