// SPDX-License-Identifier: Apache-2.0
#include "code/values/held_values.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <vector>

namespace flowtap {
namespace {

RegisterSet moved(RegisterSet holders, const Instruction& instruction) {
    const RegisterSet kept = holders - instruction.writes;
    const bool copied = instruction.copy && holders.contains(instruction.copy->from);
    return copied ? kept | instruction.copy->to : kept;
}

// Where in the frame an access begins, from the stack pointer at the entry.
std::optional<int64_t> place_of(const FunctionCode::Node& node, const FrameAccess& access) {
    const std::optional<int> adjust =
        access.base == arch::kFramePointer ? node.frame_adjust : node.stack_adjust;
    return adjust ? std::optional(access.displacement - *adjust) : std::nullopt;
}

// What lies below the stack pointer is nobody's: pushes and calls write there. An access by a frame
// pointer that is none is to something else.
std::set<int64_t> saved_after(const FunctionCode::Node& node, const HeldValues& before) {
    constexpr int64_t kWord = 8;
    if (!node.stack_adjust) return {};
    std::set<int64_t> saved = before.saved;
    std::erase_if(saved, [&](int64_t place) { return place < -int64_t{*node.stack_adjust}; });
    const auto& write = node.instruction.frame_write;
    const auto place = write ? place_of(node, *write) : std::nullopt;
    if (!place) return saved;
    if (write->bytes == 0) return {};
    std::erase_if(saved, [&](int64_t one) { return one < *place + write->bytes && *place < one + kWord; });
    if (write->whole && before.argument0.contains(*write->whole)) saved.insert(*place);
    return saved;
}

HeldValues after(const FunctionCode::Node& node, bool is_inner_call, HeldValues values) {
    const Instruction& instruction = node.instruction;
    values.saved = saved_after(node, values);
    values.argument0 = moved(values.argument0, instruction);
    const auto& load = instruction.frame_load;
    const auto loaded = load ? place_of(node, *load) : std::nullopt;
    if (loaded && load->bytes != 0 && values.saved.contains(*loaded))
        values.argument0 = values.argument0 | *load->whole;
    values.result = moved(values.result, instruction);
    if (is_inner_call) {
        values.may_follow_call = values.must_follow_call = true;
        values.result = arch::kResult;
    }
    return values;
}

HeldValues joined(const HeldValues& a, const HeldValues& b) {
    HeldValues both;
    both.may_follow_call = a.may_follow_call || b.may_follow_call;
    both.must_follow_call = a.must_follow_call && b.must_follow_call;
    if (both.must_follow_call) both.result = a.result & b.result;
    both.argument0 = a.argument0 & b.argument0;
    std::ranges::set_intersection(a.saved, b.saved, std::inserter(both.saved, both.saved.end()));
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
    arrive(function.entry(), {false, false, {}, arch::kArguments[0], {}});
    for (const auto& [address, node] : function.nodes())
        if (node.landing_pad) arrive(address, {});
    while (!changed.empty()) {
        const uint64_t address = changed.back();
        changed.pop_back();
        const FunctionCode::Node& node = *function.at(address);
        const HeldValues out = after(node, inner_calls.contains(address), before[address]);
        for (const uint64_t next : node.successors) arrive(next, out);
    }
    return before;
}

}  // namespace flowtap
