// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <vector>

#include "code/function/function_code.h"
#include "code/operands.h"
#include "code/text_search.h"
#include "plan/python/probes/python_probes.h"
#include "plan/python/probes/site_probes.h"
#include "sites/local_site.h"

namespace flowtap {

namespace {

constexpr const char* kClear = "_PyEval_FrameClearAndPop";

// Include/internal/pycore_frame.h: FRAME_CLEARED.
std::uint8_t cleared(const Interpreter& interpreter) {
    return static_cast<std::uint8_t>(interpreter.version().states.final.back());
}

std::optional<PlannedProbe> completion_probe(const Interpreter& interpreter, const ByteStore& store) {
    const auto instruction = decode_instruction(interpreter.elf(), store.address);
    if (!instruction) return std::nullopt;
    const auto site = site_from(interpreter.elf(), instruction->next(), RegisterSet(store.base));
    if (!site) return std::nullopt;
    return probe_at(interpreter, site->site, "python:completion", CoroutineCompletion{site->holder});
}

// Every instruction that marks a frame's generator as cleared. Only clear_gen_frame() does so, but compilers
// make copies of it, and BOLT leaves a dead copy of each.
std::vector<ByteStore> clearing_stores(const Interpreter& interpreter) {
    const ft_python& layout = interpreter.layout().bpf;
    return byte_stores_in_text(interpreter.elf(), layout.generator_state - layout.generator_frame,
                               cleared(interpreter));
}

// The store in the function of that name, if it exists: the compiled form may differ from what the search
// knows.
Result<std::optional<ByteStore>> named_store(const Interpreter& interpreter) {
    const ElfFile& elf = interpreter.elf();
    const ft_python& layout = interpreter.layout().bpf;
    auto clear = elf.find_symbol(kClear);
    if (!clear) clear = elf.find_symbol("_PyEvalFrameClearAndPop");
    if (!clear) return std::optional<ByteStore>();
    Result<FunctionCode> code = FunctionCode::trace(elf, clear->address);
    if (!code) return code.error();
    for (const ByteStore& store : byte_stores_at(elf, *code, layout.generator_state - layout.generator_frame))
        if (store.value == cleared(interpreter)) return std::optional(store);
    return site_error(kClear, "the branch that clears a generator's frame was not found");
}

}  // namespace

Result<std::vector<PlannedProbe>> completion_probes(const Interpreter& interpreter) {
    constexpr std::size_t kMostCopies = 32;
    Result<std::optional<ByteStore>> named = named_store(interpreter);
    if (!named) return named.error();
    std::vector<ByteStore> stores = clearing_stores(interpreter);
    if (*named && std::ranges::find(stores, **named) == stores.end()) stores.push_back(**named);
    if (stores.empty() || stores.size() > kMostCopies)
        return site_error(kClear, "this build has no symbol for it, and its code was not found");
    std::vector<PlannedProbe> probes;
    for (const ByteStore& store : stores) {
        std::optional<PlannedProbe> probe = completion_probe(interpreter, store);
        if (!probe) return site_error(kClear, "a copy of it in this build cannot be probed");
        probes.push_back(std::move(*probe));
    }
    return probes;
}

Result<std::vector<PlannedProbe>> destruction_probes(const Interpreter& interpreter, const Memory& memory) {
    const auto dealloc = type_slot(interpreter, memory, "PyCoro_Type", {kTypeDealloc});
    if (!dealloc) return site_error("PyCoro_Type", "its tp_dealloc slot cannot be read");
    // There are as many destructions as generators, so it is worth searching for a cheap instruction where
    // another register holds the object.
    if (const auto site = site_from(interpreter.elf(), *dealloc, RegisterSet(arch::kArguments[0]))) {
        return std::vector{
            probe_at(interpreter, site->site, "python:destroyed", CoroutineDestruction{site->holder})};
    }
    Result<PlannedProbe> probe =
        entry_probe(interpreter, *dealloc, "gen_dealloc", "python:destroyed", CoroutineDestruction{});
    if (!probe) return probe.error();
    return std::vector<PlannedProbe>{std::move(*probe)};
}

}  // namespace flowtap
