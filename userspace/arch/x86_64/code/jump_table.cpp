// SPDX-License-Identifier: Apache-2.0
#include "code/jump_table.h"

#include <cstring>

#include "arch/x86_64/code/decoder.h"

namespace flowtap {
namespace {

constexpr uint64_t kMaxEntries = 4096;

// What the run tells about the table, read backwards from the jump.
struct Clues {
    bool is_relative = false;  // 4-byte offsets from the table, rather than 8-byte addresses
    bool is_indexed = false;
    std::optional<uint64_t> base;
    std::optional<uint64_t> count;
};

bool is_scaled(const ZydisDecodedOperand& operand, unsigned scale) {
    return operand.type == ZYDIS_OPERAND_TYPE_MEMORY && operand.mem.scale == scale &&
           operand.mem.index != ZYDIS_REGISTER_NONE;
}

void read_table_load(const ZydisDecodedOperand& memory, Clues& clues) {
    if (clues.is_indexed) return;
    clues.is_indexed = true;
    clues.is_relative = memory.mem.scale == 4;
    if (memory.mem.base == ZYDIS_REGISTER_NONE && !clues.is_relative)
        clues.base = static_cast<uint64_t>(memory.mem.disp.value);
}

// A bound is a comparison with a constant whose "above" way does not lead to the table.
std::optional<uint64_t> bound_of(const Decoded& comparison, const Decoded& branch) {
    if (comparison.instruction.mnemonic != ZYDIS_MNEMONIC_CMP) return std::nullopt;
    const auto& constant = comparison.operand(1);
    if (constant.type != ZYDIS_OPERAND_TYPE_IMMEDIATE) return std::nullopt;
    const uint64_t limit = constant.imm.value.u;
    if (limit >= kMaxEntries) return std::nullopt;
    if (branch.instruction.mnemonic == ZYDIS_MNEMONIC_JNBE ||
        branch.instruction.mnemonic == ZYDIS_MNEMONIC_JBE)
        return limit + 1;
    if (branch.instruction.mnemonic == ZYDIS_MNEMONIC_JNB || branch.instruction.mnemonic == ZYDIS_MNEMONIC_JB)
        return limit;
    return std::nullopt;
}

Clues gather(const CodeSource& source, std::span<const uint64_t> run) {
    Clues clues;
    std::optional<Decoded> branch;
    for (size_t i = run.size(); i-- > 0 && !(clues.base && clues.count);) {
        const auto decoded = decode(source, run[i]);
        if (!decoded) break;
        const auto mnemonic = decoded->instruction.mnemonic;
        if (mnemonic == ZYDIS_MNEMONIC_JMP && is_scaled(decoded->operand(0), 8))
            read_table_load(decoded->operand(0), clues);
        if (mnemonic == ZYDIS_MNEMONIC_MOV && is_scaled(decoded->operand(1), 8))
            read_table_load(decoded->operand(1), clues);
        if (mnemonic == ZYDIS_MNEMONIC_MOVSXD && is_scaled(decoded->operand(1), 4))
            read_table_load(decoded->operand(1), clues);
        if (clues.is_indexed && !clues.base && mnemonic == ZYDIS_MNEMONIC_LEA &&
            decoded->operand(1).mem.base == ZYDIS_REGISTER_RIP)
            clues.base = decoded->address_of(decoded->operand(1));
        if (branch && !clues.count) clues.count = bound_of(*decoded, *branch);
        if (decoded->instruction.meta.category == ZYDIS_CATEGORY_COND_BR) branch = decoded;
    }
    return clues;
}

std::optional<uint64_t> entry_at(const CodeSource& source, const Clues& clues, uint64_t index) {
    if (clues.is_relative) {
        int32_t offset = 0;
        const auto bytes = std::as_writable_bytes(std::span(&offset, 1));
        if (source.read(*clues.base + index * 4, bytes) != bytes.size()) return std::nullopt;
        return *clues.base + static_cast<uint64_t>(int64_t{offset});
    }
    uint64_t target = 0;
    const auto bytes = std::as_writable_bytes(std::span(&target, 1));
    if (source.read(*clues.base + index * 8, bytes) != bytes.size()) return std::nullopt;
    return target;
}

}  // namespace

//   cmp $n,i; ja default; lea table(%rip),t; movslq (t,i,4),x; add t,x; [notrack] jmp *x
//   cmp $n,i; ja default; jmp *table(,i,8)
std::optional<JumpTable> find_jump_table(const CodeSource& source, std::span<const uint64_t> run) {
    if (run.empty()) return std::nullopt;
    const auto jump = decode(source, run.back());
    if (!jump) return std::nullopt;
    const Clues clues = gather(source, run);
    const bool is_notrack = (jump->instruction.attributes & ZYDIS_ATTRIB_HAS_NOTRACK) != 0;
    if (!clues.is_indexed && !is_notrack) return std::nullopt;
    JumpTable table;
    if (!clues.base || !clues.count) return table;
    for (uint64_t index = 0; index < *clues.count; ++index) {
        const auto target = entry_at(source, clues, index);
        if (!target || !decode(source, *target)) return JumpTable{};
        table.targets.push_back(*target);
    }
    return table;
}

}  // namespace flowtap
