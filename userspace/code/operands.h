// SPDX-License-Identifier: Apache-2.0
// Functions recognised by the struct offsets they use: static functions of stripped files have no other name.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "code/function/function_code.h"
#include "code/instruction.h"
#include "elf/elf_file.h"

namespace flowtap {

// Addresses of code that a function stores at `displacement` from some register, as constants or by way of a
// register: how a constructor gives away a static function. Ascending, each once.
std::vector<std::uint64_t> code_stored_at(const ElfFile& elf, const FunctionCode& function, int displacement);

// Whether the function computes the address `displacement` bytes from some register.
bool takes_address_at(const ElfFile& elf, const FunctionCode& function, int displacement);

// Whether the function loads the 64-bit word `displacement` bytes from some register.
bool loads_word_at(const ElfFile& elf, const FunctionCode& function, int displacement);

// Whether one of the instructions of a straight run, read from its start on, stores a 64-bit word
// `displacement` bytes from some register. True where it cannot be read.
bool stores_word_in_run(const ElfFile& elf, AddressRange run, int displacement);

// An instruction that stores a constant byte at some displacement from a register.
struct ByteStore {
    std::uint64_t address = 0;
    Register base{};
    std::uint8_t value = 0;

    friend bool operator==(const ByteStore&, const ByteStore&) = default;
};

// The function's stores of a constant byte `displacement` bytes from some register, by address.
std::vector<ByteStore> byte_stores_at(const ElfFile& elf, const FunctionCode& function, int displacement);

// Addresses of all the function's stores of a byte at that displacement, constant or not.
std::set<std::uint64_t> byte_store_addresses(const ElfFile& elf, const FunctionCode& function,
                                             int displacement);

// An instruction that puts a constant address into a register: a constant, or (through_slot) a load
// from a word of the file that holds it, as code of shared libraries reads its global offset table.
struct AddressLoad {
    std::uint64_t instruction = 0;
    Register to{};
    std::uint64_t address = 0;  // as linked; through_slot: of the word
    bool through_slot = false;
};

// By address of the instruction.
std::vector<AddressLoad> address_loads(const ElfFile& elf, const FunctionCode& function);

}  // namespace flowtap
