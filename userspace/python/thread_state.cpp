// SPDX-License-Identifier: Apache-2.0
#include "python/thread_state.h"

#include <algorithm>
#include <array>

#include "arch/architecture.h"
#include "code/tls_variable.h"
#include "process/c_library.h"
#include "python/interpreter_states.h"

namespace flowtap {
namespace {

// The thread-local variables of a program and of the libraries loaded with it are next to the thread pointer.
constexpr std::int64_t kFarthest = 1 << 20;
constexpr std::uint64_t kMostModules = 1 << 16;
constexpr int kMostThreads = 64;          // of an interpreter; others are not examined
constexpr std::uint64_t kNextThread = 8;  // PyThreadState.next, Include/cpython/pystate.h

std::optional<ThreadStatePlace> at_distance(std::uint64_t distance) {
    const auto from = static_cast<std::int64_t>(distance);
    if (from > kFarthest || from < -kFarthest || (from < 0) != arch::kThreadVariablesBelow)
        return std::nullopt;
    return ThreadStatePlace{FT_TSTATE_TLS, 0, distance};
}

// A library's variable: threads find the library's block by its number in a table of the C library (entries
// of glibc's dtv_t have 16 bytes, musl's 8).
std::optional<ThreadStatePlace> in_block(std::uint64_t module, std::uint64_t offset,
                                         std::optional<CLibrary> library) {
    if (!library || module == 0 || module > kMostModules || offset > static_cast<std::uint64_t>(kFarthest))
        return std::nullopt;
    return ThreadStatePlace{FT_TSTATE_DTV, module * (*library == CLibrary::kMusl ? 8 : 16), offset};
}

std::optional<ThreadStatePlace> resolve(const TlsVariable& variable, std::uint64_t bias,
                                        std::optional<CLibrary> library, const Memory& memory) {
    if (variable.way == TlsVariable::Way::kOffset) return at_distance(variable.where + variable.addend);
    const auto words = memory.read<std::array<std::uint64_t, 2>>(variable.where + bias);
    if (!words) return std::nullopt;
    switch (variable.way) {
        case TlsVariable::Way::kOffsetSlot:
            return at_distance((*words)[0] + variable.addend);
        case TlsVariable::Way::kDescriptor:
            return at_distance((*words)[1] + variable.addend);
        default:
            return in_block((*words)[0], (*words)[1] + variable.addend, library);
    }
}

std::uint64_t word(const Memory& memory, std::uint64_t address) {
    return memory.read<std::uint64_t>(address).value_or(0);
}

}  // namespace

std::optional<ThreadStatePlace> thread_local_state(const PythonBinary& binary, const ProcessFacts& facts,
                                                   const Memory& memory) {
    // 3.13 gave the function a public name; the last name exists in all versions, but that function checks
    // the value.
    for (const char* name :
         {"PyThreadState_GetUnchecked", "_PyThreadState_UncheckedGet", "PyThreadState_Get"}) {
        const auto symbol = binary.elf->find_symbol(name);
        const auto variable = symbol ? returned_tls_variable(*binary.elf, symbol->address) : std::nullopt;
        auto place = variable ? resolve(*variable, binary.load_bias, c_library(facts), memory) : std::nullopt;
        if (place) return place;
    }
    return std::nullopt;
}

std::uint64_t variable_address(const ThreadStatePlace& place, std::uint64_t thread_pointer,
                               const Memory& memory) {
    if (place.in == FT_TSTATE_TLS) return thread_pointer + place.address;
    return word(memory, word(memory, thread_pointer + arch::kThreadBlocks) + place.base) + place.address;
}

bool contradicted(const ThreadStatePlace& place, const Memory& memory, const PythonLayout& layout,
                  std::uint64_t list) {
    bool any_other = false;
    const std::vector<InterpreterState> interpreters = read_interpreters(memory, layout, list);
    for (const InterpreterState& interpreter : interpreters) {
        std::uint64_t thread = word(memory, interpreter.address + layout.interpreter_threads_head);
        for (int i = 0; thread != 0 && i < kMostThreads; i++, thread = word(memory, thread + kNextThread)) {
            const std::uint64_t pointer =
                arch::thread_pointer_of(word(memory, thread + layout.bpf.tstate_thread_id));
            const std::uint64_t state = word(memory, variable_address(place, pointer, memory));
            const std::uint64_t its = word(memory, state + layout.bpf.tstate_interpreter);
            if (state == 0) continue;
            if (std::ranges::find(interpreters, its, &InterpreterState::address) != interpreters.end())
                return false;
            any_other = true;
        }
    }
    return any_other;
}

}  // namespace flowtap
