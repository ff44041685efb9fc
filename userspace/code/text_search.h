// SPDX-License-Identifier: Apache-2.0
// What some instruction of a stripped file does, wherever it is. Searches of bytes, of which what lies inside
// another instruction, or outside of all functions that the unwinding data knows, is left out.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "code/operands.h"
#include "elf/elf_file.h"

namespace flowtap {

// Addresses of instructions that store the constant byte `displacement` (-128 to 127) from a register.
std::vector<ByteStore> byte_stores_in_text(const ElfFile& elf, int displacement, std::uint8_t value);

// An instruction that stores a 32-bit constant at some displacement from a register.
struct WordStore {
    std::uint64_t address = 0;
    Register base{};

    friend bool operator==(const WordStore&, const WordStore&) = default;
};

// The same of a 32-bit constant.
std::vector<WordStore> word_stores_in_text(const ElfFile& elf, int displacement, std::int32_t value);

// Addresses of instructions that put a chosen address into the register of a call's first argument.
std::vector<AddressLoad> argument0_loads_in_text(const ElfFile& elf,
                                                 const std::function<bool(const AddressLoad&)>& wanted);

}  // namespace flowtap
