// SPDX-License-Identifier: Apache-2.0
#include "code/text_search.h"

#include <cstring>
#include <optional>
#include <span>

#include "code/instruction_starts.h"
#include "code/text_chunks.h"

namespace flowtap {
namespace {

using Bytes = std::span<const std::byte>;

unsigned at(Bytes bytes, std::size_t index) { return std::to_integer<unsigned>(bytes[index]); }

std::int32_t word(Bytes bytes, std::size_t index) {
    std::int32_t value = 0;
    std::memcpy(&value, &bytes[index], sizeof value);
    return value;
}

// What stores of constants to disp8(%reg) have in common: no scaled index, mod 01; REX.B before the opcode
// for r8 to r15; rm 100 is a SIB byte, which stands for r12 alone here. Then the constant.
struct StoreHead {
    Register base = Register::kRax;
    std::int8_t displacement = 0;
    std::size_t length = 0;
};

std::optional<StoreHead> store_head(Bytes bytes, std::size_t i, unsigned wanted_opcode) {
    constexpr unsigned kSib = 4;
    constexpr unsigned kNoIndex = 0x24;
    const bool extended = at(bytes, i) == 0x41;
    const std::size_t opcode = i + (extended ? 1 : 0);
    const unsigned modrm = at(bytes, opcode + 1);
    if (at(bytes, opcode) != wanted_opcode || (modrm & 0xf8U) != 0x40) return std::nullopt;
    const bool has_sib = (modrm & 7U) == kSib;
    if (has_sib && (!extended || at(bytes, opcode + 2) != kNoIndex)) return std::nullopt;
    const std::size_t end = opcode + (has_sib ? 3 : 2);
    const unsigned base = (modrm & 7U) + (extended ? 8 : 0);
    return StoreHead{static_cast<Register>(base), static_cast<std::int8_t>(at(bytes, end)), end + 1 - i};
}

// lea disp32(%rip), %rdi; mov disp32(%rip), %rdi; mov $imm32, %edi.
std::optional<AddressLoad> argument0_load(Bytes bytes, std::size_t i, std::uint64_t address) {
    constexpr std::size_t kRelativeSize = 7;
    if (at(bytes, i) == 0xbf) {
        return AddressLoad{address, Register::kRdi, static_cast<std::uint32_t>(word(bytes, i + 1)), false};
    }
    const unsigned opcode = at(bytes, i + 1);
    if (at(bytes, i) != 0x48 || (opcode != 0x8d && opcode != 0x8b) || at(bytes, i + 2) != 0x3d)
        return std::nullopt;
    const auto distance = static_cast<std::uint64_t>(static_cast<std::int64_t>(word(bytes, i + 3)));
    return AddressLoad{address, Register::kRdi, address + kRelativeSize + distance, opcode == 0x8b};
}

}  // namespace

std::vector<ByteStore> byte_stores_in_text(const ElfFile& elf, int displacement, std::uint8_t value) {
    constexpr unsigned kOpcode = 0xc6;  // mov $imm8, r/m8
    constexpr std::size_t kLongest = 6;
    std::vector<ByteStore> found;
    InstructionStarts starts(elf);
    for_each_chunk(elf, kLongest - 1, [&](std::uint64_t address, Bytes bytes) {
        for (std::size_t i = 0; i + kLongest <= bytes.size(); i++) {
            const auto head = store_head(bytes, i, kOpcode);
            if (!head || head->displacement != displacement || at(bytes, i + head->length) != value) continue;
            if (starts.contain(address + i).value_or(false))
                found.push_back({address + i, head->base, value});
        }
    });
    return found;
}

std::vector<WordStore> word_stores_in_text(const ElfFile& elf, int displacement, std::int32_t value) {
    constexpr unsigned kOpcode = 0xc7;  // mov $imm32, r/m32
    constexpr std::size_t kLongest = 9;
    std::vector<WordStore> found;
    InstructionStarts starts(elf);
    for_each_chunk(elf, kLongest - 1, [&](std::uint64_t address, Bytes bytes) {
        for (std::size_t i = 0; i + kLongest <= bytes.size(); i++) {
            const auto head = store_head(bytes, i, kOpcode);
            if (!head || head->displacement != displacement || word(bytes, i + head->length) != value)
                continue;
            if (starts.contain(address + i).value_or(false)) found.push_back({address + i, head->base});
        }
    });
    return found;
}

std::vector<AddressLoad> argument0_loads_in_text(const ElfFile& elf,
                                                 const std::function<bool(const AddressLoad&)>& wanted) {
    constexpr std::size_t kLongest = 7;
    std::vector<AddressLoad> found;
    InstructionStarts starts(elf);
    for_each_chunk(elf, kLongest - 1, [&](std::uint64_t address, Bytes bytes) {
        for (std::size_t i = 0; i + kLongest <= bytes.size(); i++) {
            const auto load = argument0_load(bytes, i, address + i);
            if (load && wanted(*load) && starts.contain(load->instruction).value_or(false))
                found.push_back(*load);
        }
    });
    return found;
}

}  // namespace flowtap
