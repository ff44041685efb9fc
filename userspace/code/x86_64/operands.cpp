// SPDX-License-Identifier: Apache-2.0
#include "code/x86_64/operands.h"

#include <Zydis/Zydis.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace flowtap {
namespace {

struct Operation {
    ZydisDecodedInstruction instruction;
    std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
};

bool decode(const CodeSource& source, const Instruction& at, Operation& out) {
    std::array<std::byte, ZYDIS_MAX_INSTRUCTION_LENGTH> bytes{};
    ZydisDecoder decoder;
    return source.read(at.address, std::span(bytes).first(at.length)) == at.length &&
           ZYAN_SUCCESS(ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64)) &&
           ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, bytes.data(), at.length, &out.instruction,
                                               out.operands.data()));
}

// [register + displacement], for a register that is no stack or instruction pointer.
bool is_field_at(const ZydisDecodedOperand& operand, int displacement) {
    return operand.type == ZYDIS_OPERAND_TYPE_MEMORY && operand.mem.base != ZYDIS_REGISTER_NONE &&
           operand.mem.base != ZYDIS_REGISTER_RIP && operand.mem.base != ZYDIS_REGISTER_RSP &&
           operand.mem.index == ZYDIS_REGISTER_NONE && operand.mem.disp.value == displacement;
}

bool is_store_at(const Operation& decoded, int displacement, unsigned bits) {
    return decoded.instruction.mnemonic == ZYDIS_MNEMONIC_MOV && decoded.operands[0].size == bits &&
           is_field_at(decoded.operands[0], displacement);
}

// Whether some instruction of the function, decoded, satisfies the predicate.
template <typename Predicate>
bool any_instruction(const ElfFile& elf, const FunctionCode& function, Predicate predicate) {
    Operation decoded;
    return std::ranges::any_of(function.nodes(), [&](const auto& entry) {
        return decode(elf, entry.second.instruction, decoded) && predicate(decoded);
    });
}

// What the second operand refers to, where that is known without running the code; else 0.
std::uint64_t constant_address(const Operation& decoded, std::uint64_t address) {
    ZyanU64 target = 0;
    const bool known =
        ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(&decoded.instruction, &decoded.operands[1], address, &target));
    return known ? target : 0;
}

Register register_of(ZydisRegister one) { return static_cast<Register>(ZydisRegisterGetId(one)); }

bool is_general(ZydisRegister one) {
    const ZydisRegisterClass kind = ZydisRegisterGetClass(one);
    return kind == ZYDIS_REGCLASS_GPR64 || kind == ZYDIS_REGCLASS_GPR32;
}

}  // namespace

std::vector<std::uint64_t> code_stored_at(const ElfFile& elf, const FunctionCode& function,
                                          int displacement) {
    std::set<std::uint64_t> found;
    // Last address loaded into each register, in address order: enough for straight-line constructors.
    std::map<ZydisRegister, std::uint64_t> loaded;
    Operation decoded;
    for (const auto& [address, node] : function.nodes()) {
        if (!decode(elf, node.instruction, decoded)) continue;
        const ZydisDecodedOperand& first = decoded.operands[0];
        const ZydisDecodedOperand& second = decoded.operands[1];
        if (is_store_at(decoded, displacement, 64)) {
            if (second.type == ZYDIS_OPERAND_TYPE_IMMEDIATE) found.insert(second.imm.value.u);
            if (second.type == ZYDIS_OPERAND_TYPE_REGISTER) found.insert(loaded[second.reg.value]);
        } else if (decoded.instruction.mnemonic == ZYDIS_MNEMONIC_LEA) {
            loaded[first.reg.value] = constant_address(decoded, address);
        } else if (decoded.instruction.mnemonic == ZYDIS_MNEMONIC_MOV &&
                   first.type == ZYDIS_OPERAND_TYPE_REGISTER && second.type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
            loaded[ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, first.reg.value)] =
                second.imm.value.u;
        }
    }
    std::erase_if(found, [&](std::uint64_t address) { return !elf.is_executable_address(address); });
    return {found.begin(), found.end()};
}

bool takes_address_at(const ElfFile& elf, const FunctionCode& function, int displacement) {
    return any_instruction(elf, function, [&](const Operation& decoded) {
        const ZydisDecodedOperand& second = decoded.operands[1];
        if (decoded.instruction.mnemonic == ZYDIS_MNEMONIC_LEA) return is_field_at(second, displacement);
        return decoded.instruction.mnemonic == ZYDIS_MNEMONIC_ADD &&
               decoded.operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER && decoded.operands[0].size == 64 &&
               decoded.operands[0].reg.value != ZYDIS_REGISTER_RSP &&
               second.type == ZYDIS_OPERAND_TYPE_IMMEDIATE && second.imm.value.s == displacement;
    });
}

bool loads_word_at(const ElfFile& elf, const FunctionCode& function, int displacement) {
    return any_instruction(elf, function, [&](const Operation& decoded) {
        return decoded.instruction.mnemonic == ZYDIS_MNEMONIC_MOV && decoded.operands[1].size == 64 &&
               is_field_at(decoded.operands[1], displacement);
    });
}

bool stores_word_in_run(const ElfFile& elf, AddressRange run, int displacement) {
    Operation decoded;
    for (std::uint64_t address = run.start; address < run.end;) {
        const auto instruction = decode_instruction(elf, address);
        if (!instruction || !decode(elf, *instruction, decoded)) return true;
        if (is_store_at(decoded, displacement, 64)) return true;
        address = instruction->next();
    }
    return false;
}

std::vector<ByteStore> byte_stores_at(const ElfFile& elf, const FunctionCode& function, int displacement) {
    std::vector<ByteStore> found;
    Operation decoded;
    for (const auto& [address, node] : function.nodes()) {
        if (!decode(elf, node.instruction, decoded) || !is_store_at(decoded, displacement, 8)) continue;
        const ZydisDecodedOperand& value = decoded.operands[1];
        if (value.type != ZYDIS_OPERAND_TYPE_IMMEDIATE) continue;
        const Register base = register_of(decoded.operands[0].mem.base);
        found.push_back({address, base, static_cast<std::uint8_t>(value.imm.value.u)});
    }
    return found;
}

std::set<std::uint64_t> byte_store_addresses(const ElfFile& elf, const FunctionCode& function,
                                             int displacement) {
    std::set<std::uint64_t> found;
    Operation decoded;
    for (const auto& [address, node] : function.nodes())
        if (decode(elf, node.instruction, decoded) && is_store_at(decoded, displacement, 8))
            found.insert(address);
    return found;
}

std::vector<AddressLoad> address_loads(const ElfFile& elf, const FunctionCode& function) {
    std::vector<AddressLoad> found;
    Operation decoded;
    for (const auto& [address, node] : function.nodes()) {
        if (!decode(elf, node.instruction, decoded)) continue;
        const ZydisDecodedOperand& to = decoded.operands[0];
        const ZydisDecodedOperand& from = decoded.operands[1];
        if (to.type != ZYDIS_OPERAND_TYPE_REGISTER || !is_general(to.reg.value)) continue;
        const bool moves = decoded.instruction.mnemonic == ZYDIS_MNEMONIC_MOV;
        const bool reads = from.type == ZYDIS_OPERAND_TYPE_MEMORY && from.mem.base == ZYDIS_REGISTER_RIP;
        AddressLoad load{address, register_of(to.reg.value), 0, moves && reads};
        if (moves && from.type == ZYDIS_OPERAND_TYPE_IMMEDIATE) load.address = from.imm.value.u;
        if (reads && (moves || decoded.instruction.mnemonic == ZYDIS_MNEMONIC_LEA))
            load.address = constant_address(decoded, address);
        if (load.address != 0) found.push_back(load);
    }
    return found;
}

}  // namespace flowtap
