// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "elf/elf_file.h"

namespace flowtap {

// Addresses of direct calls of the function, also through its PLT stub, in the functions that the
// unwinding data knows.
std::vector<std::uint64_t> direct_calls_of(const ElfFile& elf, std::uint64_t function);

// Addresses of direct jumps, conditional ones too, that lead into a range. Some may be none: what lies
// outside of the functions that the unwinding data knows is taken for instructions.
std::vector<std::uint64_t> jumps_into(const ElfFile& elf, AddressRange range);

}  // namespace flowtap
