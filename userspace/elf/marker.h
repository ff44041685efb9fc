// SPDX-License-Identifier: Apache-2.0
// Static markers (USDT, systemtap's sys/sdt.h): a nop in the code and a note that says where it is and where
// its arguments are.
#pragma once

#include <libelf.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flowtap {

struct Marker {
    std::string provider;
    std::string name;
    std::uint64_t address = 0;    // as linked, like the next
    std::uint64_t semaphore = 0;  // a counter that is not 0 while somebody listens; 0: it has none
    std::string arguments;        // in the assembler's notation
};

// Of a file's .note.stapsdt sections; what is malformed is left out.
std::vector<Marker> read_markers(Elf* elf);

// One argument of a marker: a place, and the size of the number there.
struct MarkerArgument {
    enum class Kind : std::uint8_t {
        kRegister,  // base holds it
        kMemory,    // at base + index * 2^scale + offset
        kSymbol,    // at the symbol's address + offset
        kConstant,  // offset is it
    };
    Kind kind = Kind::kConstant;
    std::optional<std::uint8_t> base;  // by hardware number
    std::optional<std::uint8_t> index;
    std::uint8_t scale = 0;
    bool second_byte = false;  // of the register, on architectures that name it
    std::int64_t offset = 0;
    std::string symbol;
    unsigned size = 8;
    bool is_signed = false;
};

// The argument with this number. None where there is none, or in a form that is not understood: a
// floating-point number, a vector or segment register.
std::optional<MarkerArgument> marker_argument(std::string_view arguments, std::size_t number);

}  // namespace flowtap
