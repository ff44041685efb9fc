// SPDX-License-Identifier: Apache-2.0
#include "sites/stack_install.h"

#include "code/operation.h"

namespace flowtap {
namespace {

using Node = FunctionCode::Node;

// How far the stack pointer moves from behind `node` until control leaves by a jump or a return; none where
// it does not leave within a few instructions.
std::optional<int16_t> moved_until_gone(const FunctionCode& function, const Node* node) {
    constexpr int kFarthest = 6;
    int moved = 0;
    for (int i = 0; i < kFarthest; i++) {
        node = node->successors.size() == 1 ? function.at(node->successors.front()) : nullptr;
        if (node == nullptr) return std::nullopt;
        const Instruction& instruction = node->instruction;
        if (instruction.flow == Flow::kIndirectJump) return static_cast<int16_t>(moved);
        if (instruction.flow == Flow::kReturn) return static_cast<int16_t>(moved + arch::kReturnAddressSize);
        if (instruction.flow != Flow::kNext) return std::nullopt;
        if (instruction.stack.kind == StackEffect::Kind::kNone) continue;
        if (instruction.stack.kind != StackEffect::Kind::kMove) return std::nullopt;
        moved += instruction.stack.amount;
    }
    return std::nullopt;
}

bool is_own_frame(Register base) { return base == arch::kStackPointer || base == arch::kFramePointer; }

// What a move to the stack pointer takes: a register, or memory a register points to.
std::optional<ValuePlace> taken_for_stack(const CodeSource& source, const Instruction& instruction) {
    const auto& copy = instruction.copy;
    if (copy && copy->to == arch::kStackPointer && !is_own_frame(copy->from))
        return ValuePlace{.base = copy->from};
    if (copy || !instruction.writes.contains(arch::kStackPointer)) return std::nullopt;
    const auto load = decode_operation(source, instruction.address);
    if (!load || load->kind != Operation::Kind::kMove || load->first.whole != arch::kStackPointer ||
        !is_memory(load->second))
        return std::nullopt;
    const MemoryPlace& from = load->second.memory;
    if (from.has_index || from.by_thread_pointer || !from.base || is_own_frame(*from.base))
        return std::nullopt;
    return ValuePlace{
        .base = *from.base, .in_memory = true, .offset = static_cast<int32_t>(from.displacement)};
}

}  // namespace

std::vector<StackInstall> stack_installs(const CodeSource& source, const FunctionCode& function) {
    std::vector<StackInstall> found;
    for (const auto& [address, node] : function.nodes()) {
        auto place = taken_for_stack(source, node.instruction);
        const auto moved = place ? moved_until_gone(function, &node) : std::nullopt;
        if (!moved) continue;
        place->addend = *moved;
        found.push_back({address, *place});
    }
    return found;
}

}  // namespace flowtap
