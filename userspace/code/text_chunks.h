// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "elf/elf_file.h"

namespace flowtap {

// Calls visit(address, bytes) for pieces of the executable segments that overlap by `overlap` bytes.
template <typename Visit>
void for_each_chunk(const ElfFile& elf, std::size_t overlap, Visit visit) {
    constexpr std::size_t kChunk = 64 << 10;
    std::vector<std::byte> buffer(kChunk + overlap);
    for (const AddressRange& range : elf.executable_ranges()) {
        for (std::uint64_t at = range.start; at < range.end; at += kChunk) {
            const std::size_t size = elf.read(at, buffer);
            if (size == 0) break;
            visit(at, std::span(buffer).first(size));
        }
    }
}

// Addresses in the executable segments at which these bytes lie; at least one byte.
std::vector<std::uint64_t> occurrences_in_code(const ElfFile& elf, std::span<const std::byte> wanted);

}  // namespace flowtap
