// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "elf/elf_file.h"

namespace flowtap {

// Addresses in the executable segments that hold a direct call (e8 rel32) of the function, also through its
// PLT stub. A search of bytes: an address may lie inside another instruction or in data, so callers decode
// what is there.
std::vector<std::uint64_t> direct_calls_of(const ElfFile& elf, std::uint64_t function);

}  // namespace flowtap
