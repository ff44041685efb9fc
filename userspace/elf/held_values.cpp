// SPDX-License-Identifier: Apache-2.0
#include "elf/held_values.h"

#include <vector>

namespace flowtap {
namespace {

RegisterSet moved(RegisterSet holders, const Instruction& instruction) {
    const RegisterSet kept = holders - instruction.writes;
    const bool copied = instruction.copy && holders.contains(instruction.copy->from);
    return copied ? kept | instruction.copy->to : kept;
}

HeldValues after(const Instruction& instruction, bool is_inner_call, HeldValues values) {
    values.argument0 = moved(values.argument0, instruction);
    values.result = moved(values.result, instruction);
    if (is_inner_call) {
        values.may_follow_call = values.must_follow_call = true;
        values.result = Register::kRax;
    }
    return values;
}

HeldValues joined(const HeldValues& a, const HeldValues& b) {
    HeldValues both;
    both.may_follow_call = a.may_follow_call || b.may_follow_call;
    both.must_follow_call = a.must_follow_call && b.must_follow_call;
    if (both.must_follow_call) both.result = a.result & b.result;
    both.argument0 = a.argument0 & b.argument0;
    return both;
}

}  // namespace

std::map<uint64_t, HeldValues> held_values(const FunctionCode& function,
                                           const std::set<uint64_t>& inner_calls) {
    std::map<uint64_t, HeldValues> before;
    std::vector<uint64_t> changed;
    const auto arrive = [&](uint64_t address, const HeldValues& values) {
        const auto [known, is_new] = before.try_emplace(address, values);
        const HeldValues merged = joined(known->second, values);
        if (!is_new && merged == known->second) return;
        known->second = merged;
        changed.push_back(address);
    };
    arrive(function.entry(), {false, false, {}, Register::kRdi});
    for (const auto& [address, node] : function.nodes())
        if (node.landing_pad) arrive(address, {});
    while (!changed.empty()) {
        const uint64_t address = changed.back();
        changed.pop_back();
        const FunctionCode::Node& node = *function.at(address);
        const HeldValues out = after(node.instruction, inner_calls.contains(address), before[address]);
        for (const uint64_t next : node.successors) arrive(next, out);
    }
    return before;
}

}  // namespace flowtap
