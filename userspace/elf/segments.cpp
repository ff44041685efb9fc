// SPDX-License-Identifier: Apache-2.0
#include "elf/segments.h"

#include <gelf.h>

namespace flowtap {
namespace {

constexpr uint64_t kPageMask = 4095;

bool page_range_holds(const Segment& segment, uint64_t offset) {
    const uint64_t start = segment.offset & ~kPageMask;
    return offset >= start && offset - start < segment.file_size + (segment.offset - start);
}

}  // namespace

Segments Segments::read(Elf* elf) {
    Segments segments;
    size_t count = 0;
    if (elf_getphdrnum(elf, &count) != 0) return segments;
    for (size_t index = 0; index < count; ++index) {
        GElf_Phdr header;
        if (gelf_getphdr(elf, static_cast<int>(index), &header) == nullptr) break;
        if (header.p_type != PT_LOAD) continue;
        segments.all_.push_back(
            {header.p_vaddr, header.p_offset, header.p_filesz, (header.p_flags & PF_X) != 0});
    }
    return segments;
}

const Segment* Segments::holding(uint64_t address) const {
    for (const Segment& segment : all_)
        if (segment.holds(address)) return &segment;
    return nullptr;
}

std::optional<uint64_t> Segments::load_bias(uint64_t mapping_start, uint64_t mapping_offset) const {
    // A mapping that begins where a segment does is that segment; one inside is a part split off by mprotect.
    const Segment* best = nullptr;
    int best_rank = 0;
    for (const Segment& segment : all_) {
        if (!page_range_holds(segment, mapping_offset)) continue;
        const bool is_start = (segment.offset & ~kPageMask) == mapping_offset;
        const int rank = 1 + (is_start ? 2 : 0) + (segment.is_executable ? 1 : 0);
        if (rank > best_rank) best = &segment, best_rank = rank;
    }
    if (best == nullptr) return std::nullopt;
    return mapping_start - (best->address - best->offset + mapping_offset);
}

}  // namespace flowtap
