// SPDX-License-Identifier: Apache-2.0
// The pieces functions consist of, from .eh_frame: present in stripped files too.
#pragma once

#include <libelf.h>

#include <cstdint>
#include <vector>

#include "code/code_source.h"

namespace flowtap {

struct FramePiece {
    AddressRange range;
    uint64_t lsda = 0;  // address of its table of landing pads; 0 for none
    // Its unwind rules at its first instruction are not those of a function just called (the stack has moved,
    // or registers are saved): a ".cold" piece of a function, reached by jumps only.
    bool starts_inside = false;
};

class FrameTable {
public:
    // Entries that are malformed are left out.
    static FrameTable read(Elf* elf);

    [[nodiscard]] const FramePiece* holding(uint64_t address) const;
    [[nodiscard]] bool any_landing_pads() const;

private:
    std::vector<FramePiece> by_address_;
};

}  // namespace flowtap
