// SPDX-License-Identifier: Apache-2.0
#include "code/direct_calls.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <unordered_map>

#include "code/instruction_starts.h"
#include "code/text_chunks.h"

namespace flowtap {
namespace {

constexpr std::byte kCall{0xe8};
constexpr std::size_t kCallSize = 5;

class Search {
public:
    Search(const ElfFile& elf, std::uint64_t function) : elf_(elf), function_(function), starts_(elf) {}

    void chunk(std::uint64_t address, std::span<const std::byte> bytes) {
        for (std::size_t i = 0; i + kCallSize <= bytes.size(); i++) {
            if (bytes[i] != kCall) continue;
            std::int32_t distance = 0;
            std::memcpy(&distance, &bytes[i + 1], sizeof(distance));
            const std::uint64_t call = address + i;
            const auto offset = static_cast<std::uint64_t>(static_cast<std::int64_t>(distance));
            if (reaches(call + kCallSize + offset) && starts_.contain(call).value_or(false))
                found_.push_back(call);
        }
    }

    std::vector<std::uint64_t> take() { return std::move(found_); }

private:
    bool reaches(std::uint64_t target) {
        if (target == function_) return true;
        const auto [known, added] = stubs_.try_emplace(target, false);
        if (added)
            known->second = elf_.is_executable_address(target) && elf_.resolve_call(target) == function_;
        return known->second;
    }

    const ElfFile& elf_;
    std::uint64_t function_;
    InstructionStarts starts_;
    std::unordered_map<std::uint64_t, bool> stubs_;
    std::vector<std::uint64_t> found_;
};

// Where the jump would lead that these bytes are, if they are one: jcc rel8, loop, jrcxz, jmp rel8; jmp
// rel32; jcc rel32. At least six bytes.
std::optional<std::uint64_t> jump_target(std::span<const std::byte> bytes, std::uint64_t address) {
    const auto at = [&](std::size_t i) { return std::to_integer<unsigned>(bytes[i]); };
    const auto relative = [&](std::size_t size) {
        std::int32_t distance = 0;
        std::memcpy(&distance, &bytes[size - sizeof(distance)], sizeof(distance));
        return address + size + static_cast<std::uint64_t>(static_cast<std::int64_t>(distance));
    };
    if ((at(0) & 0xf0U) == 0x70 || (at(0) & 0xfcU) == 0xe0 || at(0) == 0xeb) {
        const auto distance = static_cast<std::int8_t>(at(1));
        return address + 2 + static_cast<std::uint64_t>(static_cast<std::int64_t>(distance));
    }
    if (at(0) == 0xe9) return relative(5);
    if (at(0) == 0x0f && (at(1) & 0xf0U) == 0x80) return relative(6);
    return std::nullopt;
}

}  // namespace

std::vector<std::uint64_t> direct_calls_of(const ElfFile& elf, std::uint64_t function) {
    Search search(elf, function);
    for_each_chunk(elf, kCallSize - 1, [&](auto address, auto bytes) { search.chunk(address, bytes); });
    return search.take();
}

std::vector<std::uint64_t> jumps_into(const ElfFile& elf, AddressRange range) {
    constexpr std::size_t kLongest = 6;
    std::vector<std::uint64_t> found;
    InstructionStarts starts(elf);
    for_each_chunk(elf, kLongest - 1, [&](std::uint64_t address, std::span<const std::byte> bytes) {
        for (std::size_t i = 0; i + kLongest <= bytes.size(); i++) {
            const auto target = jump_target(bytes.subspan(i), address + i);
            if (target && range.contains(*target) && starts.contain(address + i).value_or(true))
                found.push_back(address + i);
        }
    });
    return found;
}

}  // namespace flowtap
