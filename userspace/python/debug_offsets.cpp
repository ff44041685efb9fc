// SPDX-License-Identifier: Apache-2.0
#include "python/debug_offsets.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <variant>

namespace flowtap {

namespace {

// The same in all versions. Sizes and offsets of structs follow.
constexpr std::size_t kCookieWord = 0;
constexpr std::size_t kVersionWord = 1;
constexpr std::size_t kFreeThreadedWord = 2;
constexpr std::size_t kRuntimeSizeWord = 3;
constexpr std::size_t kFinalizingWord = 4;
constexpr std::size_t kInterpretersHeadWord = 5;
constexpr std::size_t kInterpreterSizeWord = 6;
constexpr std::uint64_t kMaxStructSize = 16 << 20;

// _PyRuntime is much larger than the table of any version, so these words can always be read.
using Words = std::array<std::uint64_t, kMostDebugOffsetWords>;

Error refused(std::string cause, std::string remedy = {}) {
    return {"read the layout of", "CPython", std::move(cause), std::move(remedy), Error::Kind::kNoTarget};
}

Error impossible(const char* name, std::uint64_t value) {
    return {"read the layout of", "CPython",
            "its _Py_DebugOffsets gives " + std::to_string(value) + " as the offset of " + name +
                ", which cannot be right"};
}

bool fits(std::uint64_t offset, std::uint64_t struct_size) {
    return struct_size <= kMaxStructSize && offset < struct_size;
}

Result<void> check_header(const Words& words, std::uint32_t hex_version) {
    constexpr auto kCookie = std::bit_cast<std::uint64_t>(std::array{'x', 'd', 'e', 'b', 'u', 'g', 'p', 'y'});
    if (words[kCookieWord] != kCookie)
        return refused("it has no _Py_DebugOffsets where CPython 3.13+ keeps it");
    if (words[kVersionWord] != hex_version)
        return refused("its _Py_DebugOffsets is of another version than Py_Version");
    if (words[kFreeThreadedWord] != 0)
        return refused("it is a free-threaded build", "run the program on a GIL build");
    return {};
}

Result<void> apply_member(const DebugOffset& member, const Words& words, PythonLayout& layout) {
    const std::uint64_t offset = words.at(member.offset);
    if (!fits(offset, words.at(member.size))) return impossible(member.name, offset);
    if (const auto* wide = std::get_if<std::uint32_t PythonLayout::*>(&member.member)) {
        layout.*(*wide) = static_cast<std::uint32_t>(offset);
        return {};
    }
    if (offset > UINT16_MAX) return impossible(member.name, offset);
    if (const auto* own = std::get_if<std::uint16_t PythonLayout::*>(&member.member)) {
        layout.*(*own) = static_cast<std::uint16_t>(offset);
    } else {
        layout.bpf.*std::get<__u16 ft_python::*>(member.member) = static_cast<__u16>(offset);
    }
    return {};
}

// interpreters.main follows .head; initialized precedes _finalizing (pycore_runtime.h,
// pycore_runtime_structs.h: the unit tests compare with the headers).
Result<void> apply_runtime(const Words& words, PythonLayout& layout) {
    const std::uint64_t size = words[kRuntimeSizeWord];
    const std::uint64_t head = words[kInterpretersHeadWord];
    const std::uint64_t finalizing = words[kFinalizingWord];
    if (!fits(head, size) || !fits(head + 8, size)) return impossible("interpreters.head", head);
    if (!fits(finalizing, size) || finalizing < 8) return impossible("_finalizing", finalizing);
    layout.runtime_interpreters_main = static_cast<std::uint32_t>(head + 8);
    layout.runtime_initialized = static_cast<std::uint32_t>(finalizing - 8);
    return {};
}

// Not in the table: known only for the struct with this size.
void check_jit(const DebugOffsetTable& table, const Words& words, PythonLayout& layout) {
    if (words[kInterpreterSizeWord] != table.jit_interpreter_size) layout.interpreter_jit = 0;
}

// An ASCII string's data begins after its header; other compact strings have two more words (utf8_length,
// utf8) before theirs.
Result<void> apply_string(const DebugOffsetTable& table, const Words& words, PythonLayout& layout) {
    const std::uint64_t ascii = words.at(table.ascii_size);
    const std::uint64_t compact = table.compact_size != 0 ? words.at(table.compact_size) : ascii + 16;
    if (ascii < 16 || ascii > 256 || compact < ascii || compact > 256)
        return impossible("str data", std::max(ascii, compact));
    layout.bpf.str_ascii_data = static_cast<__u16>(ascii);
    layout.bpf.str_compact_data = static_cast<__u16>(compact);
    return {};
}

// The BPF readers have the offsets in the GIL as constants (python_layout.h: FT_TSTATE_GIL).
Result<void> check_gil(const DebugOffsetTable& table, const Words& words, const PythonLayout& layout) {
    const std::uint64_t gil = words.at(table.gil);
    const std::uint64_t locked = words.at(table.gil_locked);
    const std::uint64_t holder = words.at(table.gil_holder);
    if (locked - gil != layout.gil_locked) return impossible("the GIL's locked", locked);
    if (holder - gil != layout.gil_holder) return impossible("the GIL's last_holder", holder);
    return {};
}

}  // namespace

Result<void> apply_debug_offsets(const Memory& memory, std::uint64_t runtime_address,
                                 std::uint32_t hex_version, const DebugOffsetTable& table,
                                 PythonLayout& layout) {
    const auto words = memory.read<Words>(runtime_address);
    if (!words) return refused("its _PyRuntime cannot be read");
    if (auto header = check_header(*words, hex_version); !header) return header;
    for (const DebugOffset& member : table.members) {
        if (auto applied = apply_member(member, *words, layout); !applied) return applied;
    }
    if (auto applied = apply_runtime(*words, layout); !applied) return applied;
    if (auto applied = apply_string(table, *words, layout); !applied) return applied;
    check_jit(table, *words, layout);
    return check_gil(table, *words, layout);
}

}  // namespace flowtap
