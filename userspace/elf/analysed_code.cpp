// SPDX-License-Identifier: Apache-2.0
#include "elf/analysed_code.h"

#include <algorithm>

#include "elf/elf_file.h"

namespace flowtap {

AnalysedCode AnalysedCode::of(const ElfFile& elf, std::uint64_t address) {
    constexpr std::uint64_t kPage = 4096;
    AnalysedCode code;
    code.file = elf.identity();
    for (const AddressRange& range : elf.executable_ranges()) {
        if (address < range.start || address >= range.end) continue;
        const std::uint64_t page = address & ~(kPage - 1);
        const std::uint64_t begin = std::max({range.start, page, address - std::min(address, kAround)});
        const std::uint64_t end = std::min({range.end, page + kPage, address + kAround});
        code.before = address - begin;
        code.size = elf.read(begin, std::span(code.bytes).first(end - begin));
        return code;
    }
    return code;
}

}  // namespace flowtap
