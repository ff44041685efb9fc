// SPDX-License-Identifier: Apache-2.0
#include "code/comparisons.h"

#include <cstring>
#include <optional>
#include <span>

#include "arch/x86_64/code/decoder.h"
#include "code/instruction_starts.h"
#include "code/text_chunks.h"

namespace flowtap {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kLongest = 7;  // of both kinds of instructions searched for

unsigned byte_at(Bytes bytes, std::size_t index) { return std::to_integer<unsigned>(bytes[index]); }

std::int32_t word_at(Bytes bytes, std::size_t index) {
    std::int32_t value = 0;
    std::memcpy(&value, &bytes[index], sizeof value);
    return value;
}

// cmp $imm32, %r64: REX.W 81 /7 id; REX.W 3d id for rax.
std::optional<std::int32_t> compared_immediate(Bytes bytes) {
    if (byte_at(bytes, 0) == 0x48 && byte_at(bytes, 1) == 0x3d) return word_at(bytes, 2);
    const bool any_register = (byte_at(bytes, 0) & 0xfeU) == 0x48 && byte_at(bytes, 1) == 0x81 &&
                              (byte_at(bytes, 2) & 0xf8U) == 0xf8;
    return any_register ? std::optional(word_at(bytes, 3)) : std::nullopt;
}

struct RelativeLoad {
    Register to = Register::kRax;
    std::int32_t distance = 0;  // from the next instruction
};

// lea disp32(%rip), %r64: REX.W 8d /r, mod 00, rm 101; REX.R for r8 to r15.
std::optional<RelativeLoad> relative_load(Bytes bytes) {
    if ((byte_at(bytes, 0) & 0xfbU) != 0x48 || byte_at(bytes, 1) != 0x8d ||
        (byte_at(bytes, 2) & 0xc7U) != 0x05)
        return std::nullopt;
    const unsigned high = (byte_at(bytes, 0) & 4U) != 0 ? 8 : 0;
    return RelativeLoad{static_cast<Register>((byte_at(bytes, 2) >> 3U & 7U) + high), word_at(bytes, 3)};
}

bool compares(const Decoded& decoded, Register one) {
    return decoded.instruction.mnemonic == ZYDIS_MNEMONIC_CMP &&
           (full_register(decoded.operand(0)) == one || full_register(decoded.operand(1)) == one);
}

// In the straight code after the load.
std::optional<std::uint64_t> next_comparison(const ElfFile& elf, std::uint64_t address, Register holder) {
    constexpr int kFarthest = 8;
    for (int i = 0; i < kFarthest; i++) {
        const auto decoded = decode(elf, address);
        const auto instruction = decode_instruction(elf, address);
        if (!decoded || !instruction || instruction->flow != Flow::kNext) return std::nullopt;
        if (compares(*decoded, holder)) return address;
        if (instruction->writes.contains(holder)) return std::nullopt;
        address = instruction->next();
    }
    return std::nullopt;
}

std::optional<std::uint64_t> comparison(const ElfFile& elf, Bytes bytes, std::uint64_t address,
                                        std::uint64_t function) {
    const auto immediate = compared_immediate(bytes);
    if (immediate && static_cast<std::uint64_t>(std::int64_t{*immediate}) == function) return address;
    const auto load = relative_load(bytes);
    if (!load || address + kLongest + static_cast<std::uint64_t>(std::int64_t{load->distance}) != function)
        return std::nullopt;
    return next_comparison(elf, address + kLongest, load->to);
}

}  // namespace

// "cmp $function, %r64" in code for fixed addresses, "lea function(%rip), %r64" and soon "cmp" in all other.
std::vector<std::uint64_t> comparisons_with(const ElfFile& elf, std::uint64_t function) {
    std::vector<std::uint64_t> found;
    InstructionStarts starts(elf);
    for_each_chunk(elf, kLongest - 1, [&](std::uint64_t address, Bytes bytes) {
        for (std::size_t i = 0; i + kLongest <= bytes.size(); i++) {
            const auto compare = comparison(elf, bytes.subspan(i, kLongest), address + i, function);
            if (compare && starts.contain(address + i).value_or(false)) found.push_back(*compare);
        }
    });
    return found;
}

}  // namespace flowtap
