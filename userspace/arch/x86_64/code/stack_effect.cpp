// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "arch/x86_64/code/decoder.h"

namespace flowtap {
namespace {

using Kind = StackEffect::Kind;

StackEffect moved(Kind kind, int64_t amount) {
    // No frame is larger; the bound keeps sums of a function's moves from overflowing.
    constexpr int64_t kMaxMove = 1 << 26;
    if (amount > kMaxMove || amount < -kMaxMove) return {Kind::kUnknown, 0};
    return {kind, static_cast<int32_t>(amount)};
}

// add $n,%rsp and sub $n,%rsp.
StackEffect by_immediate(const Decoded& decoded, int sign) {
    const auto& source = decoded.operand(1);
    if (source.type != ZYDIS_OPERAND_TYPE_IMMEDIATE) return {Kind::kUnknown, 0};
    const int64_t amount = source.imm.value.s;
    return amount == std::numeric_limits<int64_t>::min() ? StackEffect{Kind::kUnknown, 0}
                                                         : moved(Kind::kMove, sign * amount);
}

StackEffect by_lea(const Decoded& decoded, Register to) {
    const auto& memory = decoded.operand(1).mem;
    if (memory.index != ZYDIS_REGISTER_NONE) return {Kind::kUnknown, 0};
    if (to == Register::kRsp && memory.base == ZYDIS_REGISTER_RSP)
        return moved(Kind::kMove, memory.disp.value);
    if (to == Register::kRsp && memory.base == ZYDIS_REGISTER_RBP)
        return moved(Kind::kFromFrame, memory.disp.value);
    if (to == Register::kRbp && memory.base == ZYDIS_REGISTER_RSP)
        return moved(Kind::kSaveToFrame, memory.disp.value);
    return {Kind::kUnknown, 0};
}

StackEffect by_move(const Decoded& decoded, Register to) {
    const auto from = full_register(decoded.operand(1));
    if (to == Register::kRsp && from == Register::kRbp) return {Kind::kFromFrame, 0};
    if (to == Register::kRbp && from == Register::kRsp) return {Kind::kSaveToFrame, 0};
    return {Kind::kUnknown, 0};
}

bool writes(const Decoded& decoded, Register wanted) {
    for (const auto& operand : decoded.all_operands()) {
        if (operand.type != ZYDIS_OPERAND_TYPE_REGISTER ||
            (operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) == 0)
            continue;
        if (general_register(operand.reg.value) == wanted) return true;
    }
    return false;
}

}  // namespace

StackEffect stack_effect(const Decoded& decoded) {
    const auto& instruction = decoded.instruction;
    const auto destination = full_register(decoded.operand(0));
    switch (instruction.mnemonic) {
        case ZYDIS_MNEMONIC_CALL:
        case ZYDIS_MNEMONIC_RET:
            return {};
        case ZYDIS_MNEMONIC_LEAVE:
            return {Kind::kLeave, 8};
        case ZYDIS_MNEMONIC_PUSH:
        case ZYDIS_MNEMONIC_PUSHFQ:
            return decoded.has_prefix(0x66) ? StackEffect{Kind::kUnknown, 0} : moved(Kind::kMove, -8);
        case ZYDIS_MNEMONIC_POP:
            if (destination == Register::kRsp) return {Kind::kUnknown, 0};
            [[fallthrough]];
        case ZYDIS_MNEMONIC_POPFQ:
            return decoded.has_prefix(0x66) ? StackEffect{Kind::kUnknown, 0} : moved(Kind::kMove, 8);
        case ZYDIS_MNEMONIC_ADD:
            if (destination == Register::kRsp) return by_immediate(decoded, 1);
            break;
        case ZYDIS_MNEMONIC_SUB:
            if (destination == Register::kRsp) return by_immediate(decoded, -1);
            break;
        case ZYDIS_MNEMONIC_LEA:
            if (destination == Register::kRbp || destination == Register::kRsp) {
                const StackEffect effect = by_lea(decoded, *destination);
                if (*destination == Register::kRsp || effect.kind == Kind::kSaveToFrame) return effect;
            }
            break;
        case ZYDIS_MNEMONIC_MOV:
            if (destination == Register::kRbp || destination == Register::kRsp) {
                const StackEffect effect = by_move(decoded, *destination);
                if (*destination == Register::kRsp || effect.kind == Kind::kSaveToFrame) return effect;
            }
            break;
        default:
            break;
    }
    return writes(decoded, Register::kRsp) ? StackEffect{Kind::kUnknown, 0} : StackEffect{};
}

}  // namespace flowtap
