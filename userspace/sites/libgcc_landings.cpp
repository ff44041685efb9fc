// SPDX-License-Identifier: Apache-2.0
// libgcc's uw_install_context() (unwind-dw2.c) ends, in each function that it is expanded into, in
//
//     call _Unwind_DebugHook(stack pointer to be, handler)   # an empty function, for debuggers
//     ...                                                     # shadow stack
//     result register = word of the frame                     # the exception, from uw_install_context_1()
//     ...                                                     # the other saved registers
//     stack pointer = another register
//     jump, or return
//
// The kernel emulates a call under a probe, and single-steps a move.
#include <algorithm>
#include <optional>
#include <set>

#include "code/operation.h"
#include "sites/landing_sites.h"
#include "sites/site_choice.h"
#include "sites/stack_install.h"

namespace flowtap {
namespace {

using Node = FunctionCode::Node;

// Where the result register is loaded from the frame, in the straight run that ends at the install.
std::optional<ValuePlace> saved_exception(const CodeSource& source, const FunctionCode& function,
                                          uint64_t install) {
    constexpr int kFarthest = 24;
    const Node* node = function.at(install);
    for (int i = 0; i < kFarthest && node->predecessors.size() == 1; i++) {
        node = function.at(node->predecessors.front());
        if (!node->instruction.writes.contains(arch::kResult)) continue;
        const auto load = decode_operation(source, node->instruction.address);
        if (!load || load->kind != Operation::Kind::kMove || !is_memory(load->second)) return std::nullopt;
        const MemoryPlace& from = load->second.memory;
        if (from.base != arch::kFramePointer || from.has_index) return std::nullopt;
        return ValuePlace{.base = arch::kFramePointer,
                          .in_memory = true,
                          .offset = static_cast<int32_t>(from.displacement)};
    }
    return std::nullopt;
}

// A function that does nothing.
bool is_empty(const CodeSource& source, uint64_t address) {
    constexpr int kFarthest = 4;
    for (int i = 0; i < kFarthest; i++) {
        const auto instruction = decode_instruction(source, address);
        const auto operation = decode_operation(source, address);
        if (!instruction || !operation) return false;
        if (instruction->flow == Flow::kReturn) return true;
        if (!instruction->is_branch_target && operation->kind != Operation::Kind::kNothing) return false;
        address = instruction->next();
    }
    return false;
}

// The call that every way to the install crosses last; none where ways cross different ones.
const Node* last_call_before(const FunctionCode& function, uint64_t install) {
    std::set<uint64_t> seen;
    std::vector<uint64_t> pending{install};
    const Node* call = nullptr;
    while (!pending.empty()) {
        const Node& node = *function.at(pending.back());
        pending.pop_back();
        if (!seen.insert(node.instruction.address).second) continue;
        if (node.instruction.is_call()) {
            if (call != nullptr && call != &node) return nullptr;
            call = &node;
            continue;
        }
        if (node.predecessors.empty() || node.landing_pad) return nullptr;
        pending.insert(pending.end(), node.predecessors.begin(), node.predecessors.end());
    }
    return call;
}

// Whether nothing but the install can follow.
bool leads_only_to(const FunctionCode& function, const Node& call, uint64_t install) {
    std::set<uint64_t> seen{install};
    std::vector<uint64_t> pending = call.successors;
    while (!pending.empty()) {
        const Node& node = *function.at(pending.back());
        pending.pop_back();
        if (!seen.insert(node.instruction.address).second) continue;
        if (node.successors.empty() || node.leaves || node.instruction.is_call()) return false;
        pending.insert(pending.end(), node.successors.begin(), node.successors.end());
    }
    return true;
}

std::optional<LandingSite> at_debug_hook(const CodeSource& source, const FunctionCode& function,
                                         const StackInstall& install) {
    const auto exception = saved_exception(source, function, install.address);
    const Node* call = last_call_before(function, install.address);
    if (!exception || call == nullptr || !call->instruction.target ||
        !is_empty(source, *call->instruction.target))
        return std::nullopt;
    if (!is_cheap_site(function, call->instruction) || !leads_only_to(function, *call, install.address))
        return std::nullopt;
    return LandingSite{make_site(*call, "the unwinder's call of its debugger hook"),
                       {.base = arch::kArguments[0]},
                       *exception};
}

}  // namespace

std::vector<LandingSite> libgcc_landings(const CodeSource& source, uint64_t entry) {
    const Result<FunctionCode> function = FunctionCode::trace(source, entry);
    std::vector<LandingSite> sites;
    if (!function) return sites;
    for (const StackInstall& install : stack_installs(source, *function)) {
        if (auto hook = at_debug_hook(source, *function, install)) {
            sites.push_back(*std::move(hook));
            continue;
        }
        sites.push_back({make_site(*function->at(install.address), "the unwinder's change of the stack"),
                         install.stack_pointer,
                         {.base = arch::kResult}});
    }
    return sites;
}

}  // namespace flowtap
