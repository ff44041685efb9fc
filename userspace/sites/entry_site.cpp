// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <span>

#include "sites/site_choice.h"

namespace flowtap {
namespace {

// The instruction after `node`, if every entry crosses it exactly once after `node`.
const FunctionCode::Node* next_in_run(const FunctionCode& function, const FunctionCode::Node& node) {
    if (node.instruction.flow != Flow::kNext || node.successors.size() != 1) return nullptr;
    const FunctionCode::Node* next = function.at(node.successors.front());
    return next->predecessors.size() == 1 && !next->landing_pad ? next : nullptr;
}

}  // namespace

RegisterSet argument_registers(unsigned count) {
    return RegisterSet::of(
        std::span(arch::kArguments).first(std::min<size_t>(count, arch::kArguments.size())));
}

std::vector<const FunctionCode::Node*> entry_run(const FunctionCode& function) {
    std::vector<const FunctionCode::Node*> run;
    const FunctionCode::Node* node = function.at(function.entry());
    if (node == nullptr || !node->predecessors.empty()) return run;
    for (; node != nullptr; node = next_in_run(function, *node)) run.push_back(node);
    return run;
}

Result<Site> entry_site(const FunctionCode& function, unsigned argument_count) {
    return entry_site(function, {argument_registers(argument_count)});
}

Result<Site> entry_site(const FunctionCode& function, EntryNeeds needs) {
    const auto run = entry_run(function);
    if (run.empty())
        return no_site(function, "the entry site", "its own code jumps back to its first instruction");
    const FunctionCode::Node* fallback = nullptr;
    for (const FunctionCode::Node* node : run) {
        const Instruction& instruction = node->instruction;
        if (is_cheap_site(function, instruction))
            return make_site(*node, "first emulated instruction that every call executes");
        if (fallback == nullptr && may_hold_site(function, instruction)) fallback = node;
        if (!(instruction.writes & needs.registers).empty() || (needs.memory && instruction.stores)) break;
    }
    if (fallback == nullptr) return no_site(function, "the entry site", "no instruction there can be probed");
    return make_site(
        *fallback,
        "first instruction that can be probed; none emulated comes before the values to read change");
}

}  // namespace flowtap
