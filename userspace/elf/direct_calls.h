// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "elf/elf_file.h"

namespace flowtap {

// Addresses of direct calls (e8 rel32) of the function, also through its PLT stub, in the functions that the
// unwinding data knows.
std::vector<std::uint64_t> direct_calls_of(const ElfFile& elf, std::uint64_t function);

// Addresses of direct jumps, conditional ones too, that lead into a range. Some may be none: what lies
// outside of the functions that the unwinding data knows is taken for instructions.
std::vector<std::uint64_t> jumps_into(const ElfFile& elf, AddressRange range);

// Addresses of instructions that compare a register with a function's address as an immediate (cmp r64,
// imm32), which position-dependent code has where a compiler inlined an indirect call's likely target. A
// search of bytes: an address may lie inside another instruction or in data, so callers decode what is there.
std::vector<std::uint64_t> comparisons_with(const ElfFile& elf, std::uint64_t function);

// Addresses in the executable segments at which these bytes lie; at least one byte.
std::vector<std::uint64_t> occurrences_in_code(const ElfFile& elf, std::span<const std::byte> wanted);

}  // namespace flowtap
