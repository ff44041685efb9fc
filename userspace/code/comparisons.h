// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "elf/elf_file.h"

namespace flowtap {

// Addresses of instructions that compare a register with a function's address, which profile-guided builds
// have where they inlined an indirect call's likely target. A search of bytes, of which what lies
// inside another instruction is left out.
std::vector<std::uint64_t> comparisons_with(const ElfFile& elf, std::uint64_t function);

}  // namespace flowtap
