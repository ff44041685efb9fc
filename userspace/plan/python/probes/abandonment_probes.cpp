// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <set>

#include "code/function/early_return.h"
#include "code/function/function_code.h"
#include "code/operands.h"
#include "plan/python/probes/python_probes.h"
#include "plan/python/probes/site_probes.h"
#include "plan/python/probes/unawaited_coroutines.h"
#include "sites/local_site.h"

namespace flowtap {
namespace {

constexpr const char* kFinalize = "_PyGen_Finalize";
constexpr const char* kAbandonedProbe = "python:abandoned";

PlannedProbe abandonment_probe(const Interpreter& interpreter, const Site& site, Register coroutine,
                               CoroutineDestruction::Ends ends = CoroutineDestruction::Ends::kUncompleted) {
    return probe_at(interpreter, site, kAbandonedProbe, CoroutineDestruction{coroutine, ends});
}

Result<PlannedProbe> finalize_probe(const Interpreter& interpreter, const FunctionCode& code) {
    // "if (gen->gi_frame_state >= FRAME_COMPLETED) return;" comes first.
    const auto way = way_past_early_return(code);
    if (!way) return site_error(kFinalize, "its code does not begin with a check of the coroutine's state");
    const auto site = site_from(interpreter.elf(), *way, RegisterSet(arch::kArguments[0]));
    if (!site || !leads_alone(code, *way, site->site.address))
        return site_error(kFinalize, "no instruction on the path of unfinished coroutines can be probed");
    return abandonment_probe(interpreter, site->site, site->holder,
                             CoroutineDestruction::Ends::kUncompletedToClose);
}

// The function, and the functions that it calls directly: one translation unit may have inlined into them.
// Empty if the function cannot be traced.
std::vector<FunctionCode> with_callees(const ElfFile& elf, std::uint64_t function) {
    std::vector<FunctionCode> found;
    std::set<std::uint64_t> callees;
    Result<FunctionCode> own = FunctionCode::trace(elf, function);
    if (!own) return found;
    for (const auto& [address, node] : own->nodes()) {
        if (node.instruction.flow != Flow::kCall || !node.instruction.target) continue;
        if (const auto callee = elf.resolve_call(*node.instruction.target)) callees.insert(*callee);
    }
    found.push_back(std::move(*own));
    for (std::uint64_t callee : callees) {
        if (Result<FunctionCode> code = FunctionCode::trace(elf, callee)) found.push_back(std::move(*code));
    }
    return found;
}

// A probe at the store of a final state, or at a later emulated instruction: the coroutine's address is the
// same there.
PlannedProbe closing_probe(const Interpreter& interpreter, const FunctionCode& code, const ByteStore& store) {
    const FunctionCode::Node& node = *code.at(store.address);
    const std::uint64_t next = node.instruction.next();
    const auto later = site_from(interpreter.elf(), next, RegisterSet(store.base));
    if (later && leads_alone(code, next, later->site.address))
        return abandonment_probe(interpreter, later->site, later->holder);
    const Site site{store.address, SiteCost::kSingleStep, std::nullopt,
                    "the instruction that stores the final state"};
    return abandonment_probe(interpreter, site, store.base);
}

// The final states whose stores show the end of a coroutine. If close() itself stores COMPLETED, it clears
// the frame only after that, so the store of CLEARED would be a second hit for the same end.
std::vector<std::int8_t> closing_states(const Interpreter& interpreter, const FunctionCode& close) {
    const auto& final = interpreter.version().states.final;
    const int state = interpreter.layout().bpf.generator_state;
    const bool completes = std::ranges::any_of(
        byte_stores_at(interpreter.elf(), close, state),
        [&](const ByteStore& store) { return static_cast<std::int8_t>(store.value) == final.front(); });
    if (completes) return {final.front()};
    return {final.begin(), final.end()};
}

// close() ends a coroutine that has not run, and in newer versions one that waits outside of any try block,
// without running it. It stores a final state there.
std::vector<PlannedProbe> closing_probes(const Interpreter& interpreter, std::uint64_t close) {
    const ElfFile& elf = interpreter.elf();
    const std::vector<FunctionCode> functions = with_callees(elf, close);
    if (functions.empty()) return {};
    const std::vector<std::int8_t> states = closing_states(interpreter, functions.front());
    std::vector<PlannedProbe> probes;
    for (const FunctionCode& code : functions) {
        for (const ByteStore& store : byte_stores_at(elf, code, interpreter.layout().bpf.generator_state)) {
            if (std::ranges::find(states, static_cast<std::int8_t>(store.value)) == states.end()) continue;
            probes.push_back(closing_probe(interpreter, code, store));
        }
    }
    return probes;
}

// The probe is at the call itself, whose first argument is the coroutine.
void add_warnings(const Interpreter& interpreter, const FunctionCode& finalize,
                  std::vector<PlannedProbe>& probes) {
    for (const std::uint64_t call : inlined_warnings(interpreter, finalize)) {
        const Site site{call, SiteCost::kEmulated, std::nullopt,
                        "the call that warns about a coroutine that was never awaited"};
        probes.push_back(abandonment_probe(interpreter, site, arch::kArguments[0]));
    }
}

}  // namespace

// Objects/genobject.c: _PyGen_Finalize(), gen_close().
Result<std::vector<PlannedProbe>> abandonment_probes(const Interpreter& interpreter, const Memory& memory) {
    const auto finalize = type_slot(interpreter, memory, "PyCoro_Type", {kTypeFinalize});
    if (!finalize) return site_error("PyCoro_Type", "its tp_finalize slot cannot be read");
    Result<FunctionCode> code = FunctionCode::trace(interpreter.elf(), *finalize);
    if (!code) return code.error();
    Result<PlannedProbe> destroyed = finalize_probe(interpreter, *code);
    if (!destroyed) return destroyed.error();
    std::vector<PlannedProbe> probes{std::move(*destroyed)};
    add_warnings(interpreter, *code, probes);
    // Otherwise close() always runs the coroutine, which its steps show.
    if (!interpreter.version().close_ends_in_place) return probes;
    const auto close = method_function(interpreter, memory, "PyCoro_Type", "close");
    std::vector<PlannedProbe> closings;
    if (close) closings = closing_probes(interpreter, *close);
    if (closings.empty()) return site_error("gen_close", "its code that ends a coroutine was not found");
    std::ranges::move(closings, std::back_inserter(probes));
    return probes;
}

}  // namespace flowtap
