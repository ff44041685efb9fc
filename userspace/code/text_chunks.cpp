// SPDX-License-Identifier: Apache-2.0
#include "code/text_chunks.h"

#include <algorithm>

namespace flowtap {

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

}  // namespace flowtap
