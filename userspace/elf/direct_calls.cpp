// SPDX-License-Identifier: Apache-2.0
#include "elf/direct_calls.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_map>

#include "elf/instruction_starts.h"
#include "elf/text_chunks.h"

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

}  // namespace

std::vector<std::uint64_t> occurrences_in_code(const ElfFile& elf, std::span<const std::byte> wanted) {
    std::vector<std::uint64_t> found;
    for_each_chunk(elf, wanted.size() - 1, [&](std::uint64_t address, std::span<const std::byte> bytes) {
        for (auto at = bytes.begin();; ++at) {
            at = std::search(at, bytes.end(), wanted.begin(), wanted.end());
            if (at == bytes.end()) return;
            found.push_back(address + static_cast<std::uint64_t>(at - bytes.begin()));
        }
    });
    return found;
}

std::vector<std::uint64_t> direct_calls_of(const ElfFile& elf, std::uint64_t function) {
    Search search(elf, function);
    for_each_chunk(elf, kCallSize - 1, [&](auto address, auto bytes) { search.chunk(address, bytes); });
    return search.take();
}

}  // namespace flowtap
