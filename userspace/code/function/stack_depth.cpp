// SPDX-License-Identifier: Apache-2.0
#include "code/function/stack_depth.h"

#include <vector>

namespace flowtap {
namespace {

std::optional<int64_t> plus(std::optional<int64_t> base, int64_t amount) {
    // A loop that moves the stack would count without end.
    constexpr int64_t kMaxDepth = int64_t{1} << 30;
    if (!base || *base + amount > kMaxDepth || *base + amount < -kMaxDepth) return std::nullopt;
    return *base + amount;
}

StackDepths after(const Instruction& instruction, StackDepths depths) {
    const StackEffect& effect = instruction.stack;
    if (instruction.writes.contains(arch::kFramePointer) && effect.kind != StackEffect::Kind::kLeave &&
        effect.kind != StackEffect::Kind::kSaveToFrame)
        depths.frame.reset();
    switch (effect.kind) {
        case StackEffect::Kind::kNone:
            break;
        case StackEffect::Kind::kMove:
            depths.stack = plus(depths.stack, effect.amount);
            break;
        case StackEffect::Kind::kFromFrame:
            depths.stack = plus(depths.frame, effect.amount);
            break;
        case StackEffect::Kind::kSaveToFrame:
            depths.frame = plus(depths.stack, effect.amount);
            break;
        case StackEffect::Kind::kLeave:
            depths.stack = plus(depths.frame, effect.amount);
            depths.frame.reset();
            break;
        case StackEffect::Kind::kUnknown:
            depths.stack.reset();
            break;
    }
    return depths;
}

StackDepths joined(const StackDepths& a, const StackDepths& b) {
    return {a.stack == b.stack ? a.stack : std::nullopt, a.frame == b.frame ? a.frame : std::nullopt};
}

}  // namespace

std::map<uint64_t, StackDepths> stack_depths(const std::map<uint64_t, FunctionCode::Node>& nodes,
                                             uint64_t entry) {
    std::map<uint64_t, StackDepths> before{{entry, {0, std::nullopt}}};
    std::vector<uint64_t> changed{entry};
    while (!changed.empty()) {
        const uint64_t address = changed.back();
        changed.pop_back();
        const FunctionCode::Node& node = nodes.at(address);
        const StackDepths out = after(node.instruction, before[address]);
        for (const uint64_t next : node.successors) {
            const auto [known, is_new] = before.try_emplace(next, out);
            const StackDepths merged = joined(known->second, out);
            if (!is_new && merged == known->second) continue;
            known->second = merged;
            changed.push_back(next);
        }
    }
    return before;
}

}  // namespace flowtap
