// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "elf/file_identity.h"

namespace flowtap {

class ElfFile;

// What was analysed at an instruction: the version of its file, and the bytes around it. A probe may go only
// where both are still the same: in other code it could lie in the middle of an instruction.
struct AnalysedCode {
    static constexpr std::size_t kAround = 32;  // bytes on either side, on the instruction's page

    FileIdentity file;
    std::size_t before = 0;  // how many of the bytes precede the instruction
    std::size_t size = 0;    // how many there are; not more than `before`: they could not be read
    std::array<std::byte, 2 * kAround> bytes{};

    // Of the instruction at that address, as linked.
    static AnalysedCode of(const ElfFile& elf, std::uint64_t address);

    [[nodiscard]] std::span<const std::byte> known() const { return std::span(bytes).first(size); }
    // The first byte of the instruction; nullopt where it could not be read.
    [[nodiscard]] std::optional<std::byte> first() const {
        return size > before ? std::optional(bytes.at(before)) : std::nullopt;
    }
};

}  // namespace flowtap
