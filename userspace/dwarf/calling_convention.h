// SPDX-License-Identifier: Apache-2.0
// Where the calling convention puts a function's parameters, from their types alone: the directory of the
// architecture has the definitions.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dwarf/die.h"

namespace flowtap {

// A value at a function's first instruction: in these registers, 8 bytes in each, or in memory at the stack
// pointer + stack_offset; or elsewhere, at the address that is there.
struct ParameterPlace {
    std::vector<std::uint8_t> registers;
    std::int64_t stack_offset = 0;
    bool by_address = false;
};

enum class SourceLanguage { kOther, kRust };

// How one value travels.
struct PassedAs {
    enum class Kind : std::uint8_t {
        kNothing,    // an empty struct
        kRegisters,  // `general` of these and `vector` of those
        kMemory,     // `size` bytes on the stack
        kAddress,    // its address, as a pointer
        kUnknown,
    };
    Kind kind = Kind::kUnknown;
    std::vector<bool> general = {};  // per 8 bytes: whether in a general register (else a vector register)
    std::uint64_t size = 0;
};

// `type`: as DW_AT_type has it; none is void.
PassedAs passed_as(std::optional<Dwarf_Die> type, SourceLanguage language, DieBudget& budget);

// Of the function's parameter with this index. None where a parameter before it, or it, is not understood, or
// it is in vector registers.
std::optional<ParameterPlace> abi_place(Dwarf_Die& function, std::size_t index, SourceLanguage language,
                                        DieBudget& budget);

}  // namespace flowtap
