// SPDX-License-Identifier: Apache-2.0
#include "elf/direct_calls.h"

#include <array>
#include <cstring>
#include <unordered_map>

namespace flowtap {
namespace {

constexpr std::byte kCall{0xe8};
constexpr std::size_t kCallSize = 5;
constexpr std::size_t kChunk = 64 << 10;

class Search {
public:
    Search(const ElfFile& elf, std::uint64_t function) : elf_(elf), function_(function) {}

    void chunk(std::uint64_t address, std::span<const std::byte> bytes) {
        for (std::size_t i = 0; i + kCallSize <= bytes.size(); i++) {
            if (bytes[i] != kCall) continue;
            std::int32_t distance = 0;
            std::memcpy(&distance, &bytes[i + 1], sizeof(distance));
            const std::uint64_t call = address + i;
            if (reaches(call + kCallSize + static_cast<std::uint64_t>(static_cast<std::int64_t>(distance))))
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
    std::unordered_map<std::uint64_t, bool> stubs_;
    std::vector<std::uint64_t> found_;
};

}  // namespace

std::vector<std::uint64_t> direct_calls_of(const ElfFile& elf, std::uint64_t function) {
    Search search(elf, function);
    std::vector<std::byte> buffer(kChunk + kCallSize - 1);
    for (const AddressRange& range : elf.executable_ranges()) {
        for (std::uint64_t at = range.start; at < range.end; at += kChunk) {
            const std::size_t size = elf.read(at, buffer);
            if (size == 0) break;
            search.chunk(at, std::span(buffer).first(size));
        }
    }
    return search.take();
}

}  // namespace flowtap
