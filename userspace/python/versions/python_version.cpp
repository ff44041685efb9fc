// SPDX-License-Identifier: Apache-2.0
#include "python/versions/python_version.h"

#include <array>

#include "python/versions/all_versions.h"
#include "python/versions/supported.h"

namespace flowtap {

namespace {

constexpr std::array<const PythonVersion*, kNewestPythonMinor - kOldestPythonMinor + 1> kVersions = {
    &kPython3_11, &kPython3_12, &kPython3_13, &kPython3_14, &kPython3_15};

// Where the frame of a new coroutine stands: at RETURN_GENERATOR, or after it if frames keep the next
// instruction instead of the last one.
std::uint8_t unstarted(const ft_python& bpf, const Opcodes& opcodes) {
    return opcodes.coroutine[bpf.frame_return_offset == 0 ? 0 : 1];
}

void set_await_opcodes(ft_python& bpf, const Opcodes& opcodes) {
    for (const unsigned opcode : opcodes.awaits) {
        if (opcode != 0) bpf.await_opcodes[opcode / 8] |= static_cast<std::uint8_t>(1U << opcode % 8);
    }
}

}  // namespace

const PythonVersion* python_version(unsigned minor) {
    if (minor < kOldestPythonMinor || minor > kNewestPythonMinor) return nullptr;
    return kVersions.at(minor - kOldestPythonMinor);
}

PythonLayout layout_of(const PythonVersion& version) {
    PythonLayout layout = version.layout;
    ft_python& bpf = layout.bpf;
    bpf.generator_created = version.states.created;
    bpf.generator_suspended_first = version.states.suspended_first;
    bpf.generator_suspended_last = version.states.suspended_last;
    bpf.generator_executing = version.states.executing;
    bpf.inlines_awaits = version.awaits == AwaitShape::kInlined ? 1 : 0;
    bpf.first_shim_owner = version.first_shim_owner;
    bpf.pops_frame_first = version.pops_frame_first ? 1 : 0;
    bpf.get_awaitable = version.opcodes.get_awaitable;
    bpf.call_ex_units = static_cast<std::uint8_t>(1 + version.opcodes.call_ex_caches);
    bpf.unstarted = unstarted(bpf, version.opcodes);
    set_await_opcodes(bpf, version.opcodes);
    share_with_probes(layout);
    return layout;
}

void share_with_probes(PythonLayout& layout) {
    ft_python& bpf = layout.bpf;
    bpf.type_dict = layout.type_dict;
    bpf.type_mro = layout.type_mro;
    bpf.tuple_size = layout.tuple_size;
    bpf.tuple_items = layout.tuple_items;
    bpf.code_argcount = layout.code_argcount;
    bpf.code_kwonlyargcount = layout.code_kwonlyargcount;
    bpf.code_flags = layout.code_flags;
    bpf.code_qualname = layout.code_qualname;
    bpf.keys_log2_size = layout.keys_log2_size;
}

std::optional<PythonLayout> layout_of_minor(unsigned minor) {
    const PythonVersion* version = python_version(minor);
    return version != nullptr ? std::optional(layout_of(*version)) : std::nullopt;
}

}  // namespace flowtap
