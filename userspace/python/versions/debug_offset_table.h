// SPDX-License-Identifier: Apache-2.0
// The meaning of the words of a version's _Py_DebugOffsets.
#pragma once

#include <cstdint>
#include <span>
#include <variant>

#include "python/layout.h"

namespace flowtap {

using LayoutMember =
    std::variant<std::uint16_t PythonLayout::*, std::uint32_t PythonLayout::*, __u16 ft_python::*>;

struct DebugOffset {
    const char* name;
    std::uint8_t size;    // word with the size of its struct
    std::uint8_t offset;  // word with the member's offset
    LayoutMember member;
};

// The struct is all 64-bit words: the cookie, PY_VERSION_HEX, free_threaded, then for each struct its size
// and the offsets of some members (Include/internal/pycore_runtime.h, pycore_debug_offsets.h).
struct DebugOffsetTable {
    std::uint8_t words;  // total number
    std::span<const DebugOffset> members;
    // interpreter_state.gil_runtime_state and its _locked and _holder
    std::uint8_t gil;
    std::uint8_t gil_locked;
    std::uint8_t gil_holder;
    std::uint8_t ascii_size;  // unicode_object.asciiobject_size, where an ASCII string's data begins
    std::uint8_t
        compact_size;  // .compactunicodeobject_size, where another string's data begins; 0: not in the table
    std::uint64_t jit_interpreter_size;  // sizeof(PyInterpreterState) of the builds with a JIT that
                                         // interpreter_jit is of
};

inline constexpr std::size_t kMostDebugOffsetWords = 128;

}  // namespace flowtap
