// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "elf/direct_calls.h"
#include "elf/function_code.h"
#include "elf/local_site.h"
#include "elf/operands.h"
#include "plan/python_taps.h"
#include "plan/tap_probe.h"

namespace flowtap {

namespace {

constexpr const char* kMaker = "_Py_MakeCoro";

// Whether the load puts the address of an exported object of the interpreter into a register.
bool loads_object(const Interpreter& interpreter, const Memory& memory, const AddressLoad& load,
                  const char* object) {
    const auto address = interpreter.object_address(object);
    const std::uint64_t loaded = load.address + interpreter.load_bias();
    return address && (load.through_slot ? memory.read<std::uint64_t>(loaded) : loaded) == address;
}

// The first direct call in the straight run from an instruction on.
std::optional<std::uint64_t> next_call(const FunctionCode& code, std::uint64_t from) {
    const FunctionCode::Node* node = code.at(from);
    while (node != nullptr && node->successors.size() == 1) {
        if (node->instruction.flow == Flow::kCall) return node->instruction.address;
        if (node->instruction.flow != Flow::kNext) return std::nullopt;
        node = code.at(node->successors.front());
    }
    return std::nullopt;
}

// The one call in _Py_MakeCoro that has PyCoro_Type for its first argument: it allocates the coroutine. None
// where that cannot be told for sure.
std::optional<std::uint64_t> coroutine_allocation(const Interpreter& interpreter, const Memory& memory,
                                                  std::uint64_t maker) {
    Result<FunctionCode> code = FunctionCode::trace(interpreter.elf(), maker);
    if (!code) return std::nullopt;
    std::set<std::optional<std::uint64_t>> calls;
    for (const AddressLoad& load : address_loads(interpreter.elf(), *code)) {
        if (loads_object(interpreter, memory, load, "PyCoro_Type"))
            calls.insert(load.to == Register::kRdi ? next_call(*code, load.instruction) : std::nullopt);
    }
    return calls.size() == 1 ? *calls.begin() : std::nullopt;
}

PlannedProbe birth_probe(const Interpreter& interpreter, const LocalSite& site) {
    PlannedProbe probe = probe_at(interpreter, site.site, "python:birth", Program::kPythonBirth);
    probe.result_register = static_cast<std::uint8_t>(site.holder);
    return probe;
}

}  // namespace

Result<std::vector<PlannedProbe>> birth_taps(const Interpreter& interpreter, const Memory& memory) {
    const ElfFile& elf = interpreter.elf();
    const auto maker = elf.find_symbol(kMaker);
    if (!maker) return tap_error(kMaker, "this build of the interpreter has no symbol for it");
    if (const auto call = coroutine_allocation(interpreter, memory, maker->address)) {
        if (const auto site = site_after_call(elf, *call))
            return std::vector{birth_probe(interpreter, *site)};
    }
    std::vector<PlannedProbe> probes;
    for (std::uint64_t call : direct_calls_of(elf, maker->address)) {
        const std::optional<LocalSite> site = site_after_call(elf, call);
        if (!site) return tap_error(kMaker, "no instruction after a call of it has its result at hand");
        probes.push_back(birth_probe(interpreter, *site));
    }
    if (probes.empty()) return tap_error(kMaker, "no call of it was found");
    return probes;
}

Result<std::vector<PlannedProbe>> completion_tap(const Interpreter& interpreter) {
    constexpr std::uint8_t kFrameCleared = 4;  // Include/internal/pycore_frame.h: FRAME_CLEARED
    const ElfFile& elf = interpreter.elf();
    const ft_python& layout = interpreter.layout().bpf;
    auto clear = elf.find_symbol("_PyEval_FrameClearAndPop");
    if (!clear) clear = elf.find_symbol("_PyEvalFrameClearAndPop");
    if (!clear)
        return tap_error("_PyEval_FrameClearAndPop", "this build of the interpreter has no symbol for it");
    Result<FunctionCode> code = FunctionCode::trace(elf, clear->address);
    if (!code) return code.error();
    for (const ByteStore& store :
         byte_stores_at(elf, *code, layout.generator_state - layout.generator_frame)) {
        const std::uint64_t next = code->at(store.address)->instruction.next();
        const auto site = site_from(elf, next, RegisterSet(store.base));
        if (store.value != kFrameCleared || !site) continue;
        PlannedProbe probe =
            probe_at(interpreter, site->site, "python:completion", Program::kPythonCompletion);
        probe.object_register = static_cast<std::uint8_t>(site->holder);
        return std::vector<PlannedProbe>{std::move(probe)};
    }
    return tap_error("_PyEval_FrameClearAndPop", "the branch that clears a generator's frame was not found");
}

Result<std::vector<PlannedProbe>> death_tap(const Interpreter& interpreter, const Memory& memory) {
    const auto dealloc = type_slot(interpreter, memory, "PyCoro_Type", {kTypeDealloc});
    if (!dealloc) return tap_error("PyCoro_Type", "its tp_dealloc slot cannot be read");
    // Deaths are as many as generators: worth the search for a cheap instruction beyond the argument's
    // register.
    if (const auto site = site_from(interpreter.elf(), *dealloc, RegisterSet(Register::kRdi))) {
        PlannedProbe probe = probe_at(interpreter, site->site, "python:death", Program::kPythonDeath);
        probe.object_register = static_cast<std::uint8_t>(site->holder);
        return std::vector{std::move(probe)};
    }
    Result<PlannedProbe> probe =
        entry_probe(interpreter, *dealloc, "gen_dealloc", "python:death", Program::kPythonDeath);
    if (!probe) return probe.error();
    return std::vector<PlannedProbe>{std::move(*probe)};
}

}  // namespace flowtap
