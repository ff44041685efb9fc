// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libelf.h>

#include <vector>

namespace flowtap {

// The ELF file in a .gnu_debugdata section, which holds the local symbols of a stripped binary, compressed by
// xz; empty when there is none, or it is damaged or absurdly large.
std::vector<char> read_mini_debug_info(Elf* elf);

}  // namespace flowtap
