// SPDX-License-Identifier: Apache-2.0
#include "python/debug_offsets.h"

#include <array>
#include <string>
#include <variant>

namespace flowtap {

namespace {

// struct _Py_DebugOffsets is all 64-bit words: the cookie, PY_VERSION_HEX, free_threaded, then for each
// struct its size and the offsets of some members.
constexpr std::size_t kWords = 95;  // 3.14; 3.13 has 73, and _PyRuntime goes on far beyond either
constexpr std::size_t kCookieWord = 0;
constexpr std::size_t kVersionWord = 1;
constexpr std::size_t kFreeThreadedWord = 2;
constexpr std::uint64_t kMaxStructSize = 16 << 20;

using Words = std::array<std::uint64_t, kWords>;
using Member = std::variant<std::uint16_t PythonLayout::*, std::uint32_t PythonLayout::*, __u16 ft_python::*>;

// Which words hold a member's offset and the size of its struct; zeros where the version does not tell.
struct Where {
    std::uint8_t size;
    std::uint8_t offset;
};

struct Row {
    const char* name;
    Where in_3_13;
    Where in_3_14;
    Member member;
};

const std::array kRows = {
    Row{"id", {6, 7}, {6, 7}, &ft_python::interpreter_id},
    Row{"next", {6, 8}, {6, 8}, &PythonLayout::interpreter_next},
    Row{"imports.modules", {6, 11}, {6, 12}, &PythonLayout::interpreter_modules},
    Row{"threads.head", {6, 9}, {6, 9}, &PythonLayout::interpreter_threads_head},
    Row{"ceval.gil", {6, 14}, {6, 15}, &PythonLayout::interpreter_gil},
    Row{"current_frame", {19, 23}, {22, 26}, &ft_python::tstate_frame},
    Row{"thread_id", {19, 24}, {22, 27}, &ft_python::tstate_thread_id},
    Row{"previous", {28, 29}, {31, 32}, &ft_python::frame_previous},
    Row{"f_executable", {28, 30}, {31, 33}, &ft_python::frame_code},
    Row{"localsplus", {28, 32}, {31, 35}, &ft_python::frame_locals},
    Row{"owner", {28, 33}, {31, 36}, &ft_python::frame_owner},
    Row{"co_filename", {34, 35}, {39, 40}, &PythonLayout::code_filename},
    Row{"co_name", {34, 36}, {39, 41}, &PythonLayout::code_name},
    Row{"co_qualname", {34, 37}, {39, 42}, &PythonLayout::code_qualname},
    Row{"co_argcount", {34, 40}, {39, 45}, &PythonLayout::code_argcount},
    Row{"co_localsplusnames", {34, 41}, {39, 46}, &PythonLayout::code_localsplusnames},
    Row{"co_code_adaptive", {34, 43}, {39, 48}, &PythonLayout::code_adaptive},
    Row{"gi_iframe", {0, 0}, {83, 85}, &ft_python::generator_frame},
    Row{"gi_frame_state", {0, 0}, {83, 86}, &ft_python::generator_state},
    Row{"ob_type", {44, 45}, {50, 51}, &PythonLayout::object_type},
    Row{"tp_name", {46, 47}, {52, 53}, &ft_python::type_name},
    Row{"tp_flags", {46, 49}, {52, 55}, &ft_python::type_flags},
    Row{"tuple.ob_item", {50, 51}, {56, 57}, &PythonLayout::tuple_items},
    Row{"tuple.ob_size", {50, 52}, {56, 58}, &PythonLayout::tuple_size},
    Row{"ma_keys", {56, 57}, {66, 67}, &ft_python::dict_keys},
    Row{"ma_values", {56, 58}, {66, 68}, &ft_python::dict_values},
    Row{"lv_tag", {61, 62}, {71, 72}, &ft_python::int_tag},
    Row{"ob_digit", {61, 63}, {71, 73}, &ft_python::int_digits},
    Row{"str.state", {67, 68}, {77, 78}, &ft_python::str_state},
    Row{"str.length", {67, 69}, {77, 79}, &ft_python::str_length},
};

// Words that the checks below need beside those of the rows.
struct Runtime {
    std::uint8_t size = 3;
    std::uint8_t finalizing = 4;
    std::uint8_t interpreters_head = 5;
};

Error refused(std::string cause, std::string remedy = {}) {
    return {"read the layout of", "CPython", std::move(cause), std::move(remedy), Error::Kind::kNoTarget};
}

Error impossible(const char* name, std::uint64_t value) {
    return {"read the layout of", "CPython",
            "its _Py_DebugOffsets gives " + std::to_string(value) + " as the offset of " + name};
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

Result<void> apply_row(const Row& row, const Words& words, PythonLayout& layout) {
    const Where where = layout.bpf.minor == 13 ? row.in_3_13 : row.in_3_14;
    if (where.offset == 0) return {};
    const std::uint64_t offset = words[where.offset];
    if (!fits(offset, words[where.size])) return impossible(row.name, offset);
    if (const auto* wide = std::get_if<std::uint32_t PythonLayout::*>(&row.member)) {
        layout.*(*wide) = static_cast<std::uint32_t>(offset);
        return {};
    }
    if (offset > UINT16_MAX) return impossible(row.name, offset);
    if (const auto* own = std::get_if<std::uint16_t PythonLayout::*>(&row.member)) {
        layout.*(*own) = static_cast<std::uint16_t>(offset);
    } else {
        layout.bpf.*std::get<__u16 ft_python::*>(row.member) = static_cast<__u16>(offset);
    }
    return {};
}

// interpreters.main follows .head; initialized precedes _finalizing (3.13 and 3.14, pycore_runtime.h).
Result<void> apply_runtime(const Words& words, PythonLayout& layout) {
    const Runtime runtime;
    const std::uint64_t size = words[runtime.size];
    const std::uint64_t head = words[runtime.interpreters_head];
    const std::uint64_t finalizing = words[runtime.finalizing];
    if (!fits(head, size) || !fits(head + 8, size)) return impossible("interpreters.head", head);
    if (!fits(finalizing, size) || finalizing < 8) return impossible("_finalizing", finalizing);
    layout.runtime_interpreters_main = static_cast<std::uint32_t>(head + 8);
    layout.runtime_initialized = static_cast<std::uint32_t>(finalizing - 8);
    return {};
}

// Not among the words: known for the one struct it was taken from (CPython 3.14.10), told by its size.
void check_jit(const Words& words, PythonLayout& layout) {
    constexpr std::uint64_t kInterpreterSize = 225864;
    if (words[6] != kInterpreterSize) layout.interpreter_jit = 0;
}

// asciiobject_size is where an ASCII string's data begins; other compact ones hold two words more
// (utf8_length, utf8) before theirs.
Result<void> apply_string(const Words& words, PythonLayout& layout) {
    const std::uint64_t size = words[layout.bpf.minor == 13 ? 70 : 80];
    if (size < 16 || size > 256) return impossible("str data", size);
    layout.bpf.str_ascii_data = static_cast<__u16>(size);
    layout.bpf.str_compact_data = static_cast<__u16>(size + 16);
    return {};
}

// The BPF readers know the places in the GIL (python_layout.h: FT_TSTATE_GIL).
Result<void> check_gil(const Words& words, const PythonLayout& layout) {
    const bool is_3_13 = layout.bpf.minor == 13;
    const std::uint64_t gil = words[is_3_13 ? 15 : 16];
    const std::uint64_t locked = words[is_3_13 ? 17 : 18];
    const std::uint64_t holder = words[is_3_13 ? 18 : 19];
    if (locked - gil != layout.gil_locked) return impossible("the GIL's locked", locked);
    if (holder - gil != layout.gil_holder) return impossible("the GIL's last_holder", holder);
    return {};
}

}  // namespace

Result<void> apply_debug_offsets(const Memory& memory, std::uint64_t runtime_address,
                                 std::uint32_t hex_version, PythonLayout& layout) {
    const auto words = memory.read<Words>(runtime_address);
    if (!words) return refused("its _PyRuntime cannot be read");
    if (auto header = check_header(*words, hex_version); !header) return header;
    for (const Row& row : kRows) {
        if (auto applied = apply_row(row, *words, layout); !applied) return applied;
    }
    if (auto applied = apply_runtime(*words, layout); !applied) return applied;
    if (auto applied = apply_string(*words, layout); !applied) return applied;
    check_jit(*words, layout);
    return check_gil(*words, layout);
}

}  // namespace flowtap
