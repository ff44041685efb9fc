// SPDX-License-Identifier: Apache-2.0
// What the code analysis asks of the place the code lies in: an ELF file, or bytes in a test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace flowtap {

// Half open: end is the first address after it.
struct AddressRange {
    uint64_t start = 0;
    uint64_t end = 0;

    [[nodiscard]] bool contains(uint64_t address) const { return address >= start && address < end; }
};

// What becomes of a thread that calls a function.
enum class CalleeFate {
    kReturns,  // comes back, as far as is known
    kLeaves,   // does not come back to the call, but the process may live on: throws, longjmps, ends the
               // thread
    kFatal,    // ends the process
};

class CodeSource {
public:
    CodeSource() = default;
    CodeSource(const CodeSource&) = default;
    CodeSource(CodeSource&&) = default;
    CodeSource& operator=(const CodeSource&) = default;
    CodeSource& operator=(CodeSource&&) = default;
    virtual ~CodeSource() = default;

    // Copies initialised bytes from `address` on and returns how many there were; 0 outside of the code and
    // data.
    virtual size_t read(uint64_t address, std::span<std::byte> out) const = 0;

    // Whether a jump to `address` from another function leaves that function: a function starts there, not a
    // piece (".cold") of one. `conditional`: the jump is conditional, which compilers seldom use to leave.
    [[nodiscard]] virtual bool starts_function(uint64_t address, bool conditional) const = 0;

    // The contiguous piece of one function that holds `address`, where known.
    [[nodiscard]] virtual std::optional<AddressRange> piece_of(uint64_t address) const = 0;

    // Where the unwinder may resume inside the function piece that holds `address` (its catch and cleanup
    // code).
    [[nodiscard]] virtual std::vector<uint64_t> landing_pads(uint64_t address) const = 0;

    [[nodiscard]] virtual CalleeFate fate_of_call(uint64_t callee) const = 0;
};

}  // namespace flowtap
