// SPDX-License-Identifier: Apache-2.0
#include "code/instruction.h"

#include <algorithm>
#include <array>

#include "arch/x86_64/code/decoder.h"

namespace flowtap {
namespace {

bool is_relative(const ZydisDecodedOperand& operand) {
    return operand.type == ZYDIS_OPERAND_TYPE_IMMEDIATE && operand.imm.is_relative != 0;
}

Flow flow_of(const Decoded& decoded) {
    const auto& instruction = decoded.instruction;
    const bool direct = is_relative(decoded.operand(0));
    switch (instruction.mnemonic) {
        case ZYDIS_MNEMONIC_UD0:
        case ZYDIS_MNEMONIC_UD1:
        case ZYDIS_MNEMONIC_UD2:
        case ZYDIS_MNEMONIC_HLT:
        case ZYDIS_MNEMONIC_INT3:
            return Flow::kStop;
        default:
            break;
    }
    switch (instruction.meta.category) {
        case ZYDIS_CATEGORY_COND_BR:
            return direct ? Flow::kConditional : Flow::kNext;
        case ZYDIS_CATEGORY_UNCOND_BR:
            return direct ? Flow::kJump : Flow::kIndirectJump;
        case ZYDIS_CATEGORY_CALL:
            return direct ? Flow::kCall : Flow::kIndirectCall;
        case ZYDIS_CATEGORY_RET:
            return Flow::kReturn;
        default:
            return Flow::kNext;
    }
}

RegisterSet writes_of(const Decoded& decoded, Flow flow) {
    RegisterSet set;
    const bool clobbers = flow == Flow::kCall || flow == Flow::kIndirectCall;
    if (clobbers) set = RegisterSet::of(arch::kCallerSaved);
    for (const auto& operand : decoded.all_operands()) {
        if (operand.type != ZYDIS_OPERAND_TYPE_REGISTER ||
            (operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) == 0)
            continue;
        if (const auto reg = general_register(operand.reg.value)) set = set | *reg;
    }
    // The kernel returns its result there, which the decoder cannot know.
    if (decoded.instruction.mnemonic == ZYDIS_MNEMONIC_SYSCALL) set = set | Register::kRax;
    return set;
}

std::optional<RegisterCopy> copy_of(const Decoded& decoded) {
    if (decoded.instruction.mnemonic != ZYDIS_MNEMONIC_MOV) return std::nullopt;
    const auto to = full_register(decoded.operand(0));
    const auto from = full_register(decoded.operand(1));
    if (!to || !from) return std::nullopt;
    return RegisterCopy{*to, *from};
}

bool stores_outside_frame(const Decoded& decoded) {
    const auto all = decoded.all_operands();
    return std::any_of(all.begin(), all.end(), [](const ZydisDecodedOperand& operand) {
        return operand.type == ZYDIS_OPERAND_TYPE_MEMORY &&
               (operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0 &&
               operand.mem.base != ZYDIS_REGISTER_RSP && operand.mem.base != ZYDIS_REGISTER_RBP;
    });
}

bool is_in_frame(const ZydisDecodedOperand& operand) {
    return operand.type == ZYDIS_OPERAND_TYPE_MEMORY && operand.mem.segment == ZYDIS_REGISTER_SS;
}

FrameAccess frame_access(const ZydisDecodedOperand& operand) {
    const auto base = general_register(operand.mem.base);
    const bool indexed = operand.mem.index != ZYDIS_REGISTER_NONE;
    return {base.value_or(Register::kRsp), operand.mem.disp.value, indexed ? 0U : operand.size / 8U};
}

std::optional<FrameAccess> frame_write_of(const Decoded& decoded) {
    for (const auto& operand : decoded.all_operands()) {
        const bool written = (operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
        const bool explicitly = operand.visibility == ZYDIS_OPERAND_VISIBILITY_EXPLICIT;
        if (!is_in_frame(operand) || !written || !explicitly) continue;
        FrameAccess access = frame_access(operand);
        if (decoded.instruction.mnemonic == ZYDIS_MNEMONIC_MOV)
            access.whole = full_register(decoded.operand(1));
        return access;
    }
    return std::nullopt;
}

std::optional<FrameAccess> frame_load_of(const Decoded& decoded) {
    const auto to = full_register(decoded.operand(0));
    if (decoded.instruction.mnemonic != ZYDIS_MNEMONIC_MOV || !to || !is_in_frame(decoded.operand(1)))
        return std::nullopt;
    FrameAccess access = frame_access(decoded.operand(1));
    access.whole = to;
    return access;
}

// Kernels 6.18 to 7.1 turn it into a call under a probe.
bool is_nop5(const Decoded& decoded) {
    constexpr std::array<uint8_t, 5> kNop5{0x0f, 0x1f, 0x44, 0x00, 0x00};
    return decoded.instruction.length == kNop5.size() &&
           std::equal(kNop5.begin(), kNop5.end(), decoded.bytes.begin());
}

}  // namespace

std::optional<Instruction> decode_instruction(const CodeSource& source, uint64_t address) {
    const auto decoded = decode(source, address);
    if (!decoded) return std::nullopt;
    Instruction instruction;
    instruction.address = address;
    instruction.length = decoded->instruction.length;
    instruction.flow = flow_of(*decoded);
    instruction.cost = probe_cost(*decoded);
    instruction.is_branch_target = decoded->instruction.mnemonic == ZYDIS_MNEMONIC_ENDBR64;
    instruction.may_become_call = is_nop5(*decoded);
    instruction.stores = stores_outside_frame(*decoded);
    if (is_relative(decoded->operand(0))) instruction.target = decoded->address_of(decoded->operand(0));
    instruction.writes = writes_of(*decoded, instruction.flow);
    instruction.copy = copy_of(*decoded);
    instruction.stack = stack_effect(*decoded);
    instruction.frame_write = frame_write_of(*decoded);
    instruction.frame_load = frame_load_of(*decoded);
    return instruction;
}

}  // namespace flowtap
