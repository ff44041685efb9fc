// SPDX-License-Identifier: Apache-2.0
#include "code/operation.h"

#include "arch/x86_64/code/decoder.h"

namespace flowtap {
namespace {

using OperationKind = Operation::Kind;
using Condition = Operation::Condition;

OperationKind kind_of(ZydisMnemonic mnemonic) {
    switch (mnemonic) {
        case ZYDIS_MNEMONIC_NOP:
            return OperationKind::kNothing;
        case ZYDIS_MNEMONIC_MOV:
            return OperationKind::kMove;
        case ZYDIS_MNEMONIC_LEA:
            return OperationKind::kAddress;
        case ZYDIS_MNEMONIC_ADD:
            return OperationKind::kAdd;
        case ZYDIS_MNEMONIC_SUB:
            return OperationKind::kSubtract;
        case ZYDIS_MNEMONIC_CMP:
            return OperationKind::kCompare;
        case ZYDIS_MNEMONIC_TEST:
            return OperationKind::kTest;
        default:
            return OperationKind::kOther;
    }
}

Condition condition_of(ZydisMnemonic mnemonic) {
    switch (mnemonic) {
        case ZYDIS_MNEMONIC_JZ:
            return Condition::kZero;
        case ZYDIS_MNEMONIC_JNZ:
            return Condition::kNotZero;
        case ZYDIS_MNEMONIC_JS:
            return Condition::kNegative;
        case ZYDIS_MNEMONIC_JNS:
            return Condition::kNotNegative;
        default:
            return Condition::kNone;
    }
}

bool changes_flags(const Decoded& decoded) {
    const ZydisAccessedFlags* flags = decoded.instruction.cpu_flags;
    return flags != nullptr && (flags->modified | flags->set_0 | flags->set_1 | flags->undefined) != 0;
}

MemoryPlace memory_of(const Decoded& decoded, const ZydisDecodedOperand& operand) {
    MemoryPlace place;
    place.base = general_register(operand.mem.base);
    place.has_index = operand.mem.index != ZYDIS_REGISTER_NONE;
    place.by_instruction_pointer = operand.mem.base == ZYDIS_REGISTER_RIP;
    place.by_thread_pointer = operand.mem.segment == ZYDIS_REGISTER_FS;
    place.displacement = operand.mem.disp.value;
    if (!place.base) place.address = decoded.address_of(operand);
    return place;
}

Operand operand_of(const Decoded& decoded, size_t index) {
    const ZydisDecodedOperand& operand = decoded.operand(index);
    Operand result;
    result.bits = operand.size;
    switch (operand.type) {
        case ZYDIS_OPERAND_TYPE_REGISTER:
            result.kind = Operand::Kind::kRegister;
            result.part_of = general_register(operand.reg.value);
            result.whole = full_register(operand);
            break;
        case ZYDIS_OPERAND_TYPE_MEMORY:
            result.kind = Operand::Kind::kMemory;
            result.memory = memory_of(decoded, operand);
            break;
        case ZYDIS_OPERAND_TYPE_IMMEDIATE:
            result.kind = Operand::Kind::kConstant;
            result.constant = operand.imm.value.s;
            break;
        default:
            break;
    }
    return result;
}

}  // namespace

std::optional<Operation> decode_operation(const CodeSource& source, std::uint64_t address) {
    const auto decoded = decode(source, address);
    if (!decoded) return std::nullopt;
    const ZydisMnemonic mnemonic = decoded->instruction.mnemonic;
    return Operation{kind_of(mnemonic), condition_of(mnemonic), changes_flags(*decoded),
                     operand_of(*decoded, 0), operand_of(*decoded, 1)};
}

}  // namespace flowtap
