// SPDX-License-Identifier: Apache-2.0
// Objects/genobject.c: gen_close(). The state is FRAME_EXECUTING while gen_close_iter() runs:
//
//     gen->gi_frame_state = FRAME_EXECUTING;
//     err = gen_close_iter(yf);
//     gen->gi_frame_state = state;
#include "plan/python/probes/delegated_close.h"

#include <algorithm>
#include <optional>
#include <set>

#include "code/function/early_return.h"
#include "code/function/function_code.h"
#include "code/operands.h"
#include "plan/python/probes/site_probes.h"
#include "sites/site_choice.h"

namespace flowtap {
namespace {

using Node = FunctionCode::Node;

struct CloseStores {
    std::vector<ByteStore> executing;
    std::set<std::uint64_t> other;  // other stores that may restore the state
};

CloseStores state_stores(const Interpreter& interpreter, const FunctionCode& code) {
    const ElfFile& elf = interpreter.elf();
    const int state = interpreter.layout().bpf.generator_state;
    const auto& values = interpreter.version().states;
    CloseStores stores{{}, byte_store_addresses(elf, code, state)};
    for (const ByteStore& store : byte_stores_at(elf, code, state)) {
        const auto value = static_cast<std::int8_t>(store.value);
        const bool is_executing = value == values.executing;
        if (is_executing) stores.executing.push_back(store);
        if (is_executing || std::ranges::find(values.final, value) != values.final.end())
            stores.other.erase(store.address);
    }
    return stores;
}

// The stores that restore the state, one on each path from here. nullopt if a path leaves the function
// without one.
std::optional<std::set<std::uint64_t>> restores_after(const FunctionCode& code, std::uint64_t store,
                                                      const std::set<std::uint64_t>& restores) {
    std::set<std::uint64_t> found;
    std::set<std::uint64_t> seen;
    std::vector<std::uint64_t> pending = code.at(store)->successors;
    while (!pending.empty()) {
        const std::uint64_t address = pending.back();
        pending.pop_back();
        if (!seen.insert(address).second) continue;
        const Node& node = *code.at(address);
        if (restores.contains(address)) {
            found.insert(address);
        } else if (node.leaves || address == store || (node.successors.empty() && !node.fatal)) {
            return std::nullopt;
        } else {
            pending.insert(pending.end(), node.successors.begin(), node.successors.end());
        }
    }
    return found;
}

// After a store, at the first emulated instruction that only this path reaches; otherwise at the store
// itself, because hits are rare.
Site site_behind(const FunctionCode& code, std::uint64_t store, Register kept) {
    constexpr int kFarthest = 16;
    const Node* node = code.at(store);
    for (int i = 0; i < kFarthest && node->successors.size() == 1; i++) {
        const std::uint64_t next = node->successors.front();
        if (i > 0 && (node->instruction.is_call() || node->instruction.writes.contains(kept))) break;
        node = code.at(next);
        if (node->predecessors.size() != 1 || node->landing_pad) break;
        if (node->stack_adjust && is_cheap_site(code, node->instruction))
            return make_site(*node, "first emulated instruction after the store of the state");
    }
    return make_site(*code.at(store), "the store of the state");
}

// Whether gen_send_ex2() is inlined into it.
bool evaluates_frames(const ElfFile& elf, const FunctionCode& code) {
    const auto evaluator = elf.find_symbol("_PyEval_EvalFrameDefault");
    return !evaluator || std::ranges::any_of(code.nodes(), [&](const auto& entry) {
        const Instruction& call = entry.second.instruction;
        return call.flow == Flow::kCall && call.target &&
               elf.resolve_call(*call.target) == evaluator->address;
    });
}

}  // namespace

std::vector<PlannedProbe> delegated_close_probes(const Interpreter& interpreter, std::uint64_t close) {
    const ElfFile& elf = interpreter.elf();
    Result<FunctionCode> code = FunctionCode::trace(elf, close);
    if (!code || evaluates_frames(elf, *code) || !code->unresolved_jumps().empty()) return {};
    const CloseStores stores = state_stores(interpreter, *code);
    std::vector<PlannedProbe> probes;
    std::set<std::uint64_t> ends;
    for (const ByteStore& store : stores.executing) {
        const auto restores = restores_after(*code, store.address, stores.other);
        if (!restores || restores->empty()) return {};
        ends.insert(restores->begin(), restores->end());
        const Site site = site_behind(*code, store.address, store.base);
        if (!site.stack_adjust) return {};
        probes.push_back(
            probe_at(interpreter, site, "python:drive-entry",
                     CoroutineEntry{.means = CoroutineEntry::Means::kDrive, .coroutine = store.base}));
    }
    for (const std::uint64_t end : ends) {
        const Site site = site_behind(*code, end, arch::kStackPointer);
        if (!site.stack_adjust) return {};
        probes.push_back(probe_at(interpreter, site, "python:drive-exit", DriveExit{}));
    }
    return probes;
}

}  // namespace flowtap
