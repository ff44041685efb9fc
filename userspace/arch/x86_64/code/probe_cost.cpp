// SPDX-License-Identifier: Apache-2.0
// What arch/x86/kernel/uprobes.c makes of an instruction, on every kernel from 5.10 on: where newer kernels
// do more (multi-byte nops are emulated since 6.17; a nop with prefix 66 is refused until 6.2), the older one
// counts.
#include "arch/x86_64/code/decoder.h"

namespace flowtap {
namespace {

// is_prefix_bad: segment overrides of no effect in 64-bit mode (3e is also notrack) and lock.
bool has_refused_prefix(const Decoded& decoded) {
    for (const uint8_t prefix : {0x26, 0x2e, 0x36, 0x3e, 0xf0})
        if (decoded.has_prefix(prefix)) return true;
    return false;
}

// good_insns_64 and good_2byte_insns_64: port and interrupt instructions, far transfers, and what only the
// kernel or a debugger uses. EVEX (opcode 62) is not in the table either.
bool is_refused_opcode(const ZydisDecodedInstruction& instruction) {
    if (instruction.encoding == ZYDIS_INSTRUCTION_ENCODING_EVEX) return true;
    if (instruction.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR) return true;
    switch (instruction.meta.category) {
        case ZYDIS_CATEGORY_INTERRUPT:
        case ZYDIS_CATEGORY_IO:
        case ZYDIS_CATEGORY_IOSTRINGOP:
        case ZYDIS_CATEGORY_SYSCALL:
        case ZYDIS_CATEGORY_SYSRET:
        case ZYDIS_CATEGORY_SYSTEM:
            return true;
        default:
            return false;
    }
}

// push_setup_xol_ops: 50 to 57, alone or after the single prefix 41.
bool is_emulated_push(const Decoded& decoded) {
    const auto& instruction = decoded.instruction;
    if (instruction.opcode < 0x50 || instruction.opcode > 0x57) return false;
    return instruction.length == 1 || (instruction.length == 2 && decoded.bytes[0] == 0x41);
}

bool is_relative_branch(const ZydisDecodedInstruction& instruction) {
    const bool is_jcc_byte = instruction.opcode >= 0x70 && instruction.opcode <= 0x7f;
    const bool is_jcc_long = instruction.opcode >= 0x80 && instruction.opcode <= 0x8f;
    if (instruction.opcode_map == ZYDIS_OPCODE_MAP_0F) return is_jcc_long;
    return is_jcc_byte || instruction.opcode == 0xe8 || instruction.opcode == 0xe9 ||
           instruction.opcode == 0xeb;
}

}  // namespace

ProbeCost probe_cost(const Decoded& decoded) {
    const auto& instruction = decoded.instruction;
    if (has_refused_prefix(decoded) || is_refused_opcode(instruction)) return ProbeCost::kRefused;
    if (instruction.encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY) return ProbeCost::kSingleStep;
    const bool is_one_byte = instruction.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT;
    if (is_one_byte && instruction.opcode == 0x90) {
        // The kernel takes any 90 for a nop, also xchg %rax,%r8 (41 90).
        const bool is_nop =
            instruction.mnemonic == ZYDIS_MNEMONIC_NOP || instruction.mnemonic == ZYDIS_MNEMONIC_PAUSE;
        return is_nop && !decoded.has_prefix(0x66) ? ProbeCost::kEmulated : ProbeCost::kRefused;
    }
    if ((is_one_byte || instruction.opcode_map == ZYDIS_OPCODE_MAP_0F) && is_relative_branch(instruction))
        return decoded.has_prefix(0x66) ? ProbeCost::kRefused : ProbeCost::kEmulated;
    return is_one_byte && is_emulated_push(decoded) ? ProbeCost::kEmulated : ProbeCost::kSingleStep;
}

}  // namespace flowtap
