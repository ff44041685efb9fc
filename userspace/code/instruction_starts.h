// SPDX-License-Identifier: Apache-2.0
// Where the instructions of a piece of code begin, told without following control flow. A probe anywhere else
// would change the middle of an instruction: no finding of ours, be it from a search of bytes or from a jump
// table that was read wrongly, is used before this agrees.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "code/code_source.h"

namespace flowtap {

// Decodes from the start of the piece that holds an address (CodeSource::piece_of), each piece once.
// Compilers put no data between the instructions of a function.
class InstructionStarts {
public:
    explicit InstructionStarts(const CodeSource& source) : source_(source) {}

    // None where no piece is known to hold the address.
    std::optional<bool> contain(uint64_t address);

private:
    struct Piece {
        std::vector<uint64_t> starts;  // ascending
        uint64_t decoded_to = 0;
        uint64_t end = 0;
    };

    void decode_past(Piece& piece, uint64_t address) const;
    static size_t add_starts(Piece& piece, std::span<const std::byte> bytes);

    const CodeSource& source_;
    std::map<uint64_t, Piece> pieces_;
};

}  // namespace flowtap
