// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "elf/direct_calls.h"
#include "elf/function_code.h"
#include "elf/local_site.h"
#include "elf/operands.h"
#include "elf/text_search.h"
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

// Where that call is in a stripped file, in which the function has no name or is inlined into the evaluator:
// the only one that PyCoro_Type is loaded for but that in PyCoro_New, which is exported.
std::optional<std::uint64_t> unnamed_coroutine_allocation(const Interpreter& interpreter,
                                                          const Memory& memory) {
    constexpr int kFarthest = 8;
    const ElfFile& elf = interpreter.elf();
    std::map<std::uint64_t, bool> slots;
    const auto loads_coroutine_type = [&](const AddressLoad& load) {
        if (!load.through_slot) return loads_object(interpreter, memory, load, "PyCoro_Type");
        const auto [known, added] = slots.try_emplace(load.address, false);
        if (added) known->second = loads_object(interpreter, memory, load, "PyCoro_Type");
        return known->second;
    };
    const auto constructor = elf.find_symbol("PyCoro_New");
    std::vector<std::uint64_t> calls;
    for (const AddressLoad& load : argument0_loads_in_text(elf, loads_coroutine_type)) {
        const auto piece = elf.piece_of(load.instruction);
        if (constructor && piece && piece->start == constructor->address) continue;
        std::uint64_t address = load.instruction;
        for (int i = 0; i < kFarthest; i++) {
            const auto instruction = decode_instruction(elf, address);
            if (!instruction ||
                (i > 0 && instruction->writes.contains(Register::kRdi) && instruction->flow == Flow::kNext))
                break;
            if (instruction->flow == Flow::kCall) calls.push_back(address);
            if (instruction->flow != Flow::kNext) break;
            address = instruction->next();
        }
    }
    return calls.size() == 1 ? std::optional(calls.front()) : std::nullopt;
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
    const auto allocation = maker ? coroutine_allocation(interpreter, memory, maker->address)
                                  : unnamed_coroutine_allocation(interpreter, memory);
    if (const auto call = allocation) {
        if (const auto site = site_after_call(elf, *call))
            return std::vector{birth_probe(interpreter, *site)};
    }
    if (!maker) return tap_error(kMaker, "this build has no symbol for it, and what it does was not found");
    std::vector<PlannedProbe> probes;
    for (std::uint64_t call : direct_calls_of(elf, maker->address)) {
        const std::optional<LocalSite> site = site_after_call(elf, call);
        if (!site) return tap_error(kMaker, "no instruction after a call of it has its result at hand");
        probes.push_back(birth_probe(interpreter, *site));
    }
    if (probes.empty()) return tap_error(kMaker, "no call of it was found");
    return probes;
}

namespace {

constexpr std::uint8_t kFrameCleared = 4;  // Include/internal/pycore_frame.h: FRAME_CLEARED
constexpr const char* kClear = "_PyEval_FrameClearAndPop";

std::optional<PlannedProbe> completion_probe(const Interpreter& interpreter, const ByteStore& store) {
    const auto instruction = decode_instruction(interpreter.elf(), store.address);
    if (!instruction) return std::nullopt;
    const auto site = site_from(interpreter.elf(), instruction->next(), RegisterSet(store.base));
    if (!site) return std::nullopt;
    PlannedProbe probe = probe_at(interpreter, site->site, "python:completion", Program::kPythonCompletion);
    probe.object_register = static_cast<std::uint8_t>(site->holder);
    return probe;
}

// In a stripped file: every instruction that marks the generator of a frame as cleared, seen from the frame.
// clear_gen_frame() alone does, in as many copies as there are.
Result<std::vector<PlannedProbe>> unnamed_completion_taps(const Interpreter& interpreter) {
    constexpr std::size_t kMostCopies = 8;
    const ft_python& layout = interpreter.layout().bpf;
    std::vector<PlannedProbe> probes;
    for (const ByteStore& store : byte_stores_in_text(
             interpreter.elf(), layout.generator_state - layout.generator_frame, kFrameCleared)) {
        std::optional<PlannedProbe> probe = completion_probe(interpreter, store);
        if (!probe) return tap_error(kClear, "a copy of it in this stripped build cannot be probed");
        probes.push_back(std::move(*probe));
    }
    if (probes.empty() || probes.size() > kMostCopies)
        return tap_error(kClear, "this build has no symbol for it, and what it does was not found");
    return probes;
}

}  // namespace

Result<std::vector<PlannedProbe>> completion_tap(const Interpreter& interpreter) {
    const ElfFile& elf = interpreter.elf();
    const ft_python& layout = interpreter.layout().bpf;
    auto clear = elf.find_symbol(kClear);
    if (!clear) clear = elf.find_symbol("_PyEvalFrameClearAndPop");
    if (!clear) return unnamed_completion_taps(interpreter);
    Result<FunctionCode> code = FunctionCode::trace(elf, clear->address);
    if (!code) return code.error();
    for (const ByteStore& store :
         byte_stores_at(elf, *code, layout.generator_state - layout.generator_frame)) {
        std::optional<PlannedProbe> probe = completion_probe(interpreter, store);
        if (store.value == kFrameCleared && probe) return std::vector{std::move(*probe)};
    }
    return tap_error(kClear, "the branch that clears a generator's frame was not found");
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
