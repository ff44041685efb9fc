// SPDX-License-Identifier: Apache-2.0
// Zydis, kept out of the public headers.
#pragma once

#include <Zydis/Zydis.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "code/code_source.h"
#include "code/instruction.h"

namespace flowtap {

struct Decoded {
    uint64_t address = 0;
    ZydisDecodedInstruction instruction{};
    std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands{};
    std::array<uint8_t, ZYDIS_MAX_INSTRUCTION_LENGTH> bytes{};

    [[nodiscard]] std::span<const ZydisDecodedOperand> all_operands() const {
        return {operands.data(), instruction.operand_count};
    }
    [[nodiscard]] const ZydisDecodedOperand& operand(size_t index) const { return operands[index]; }
    [[nodiscard]] bool has_prefix(uint8_t prefix) const;
    // The address an operand relative to the instruction pointer means.
    [[nodiscard]] std::optional<uint64_t> address_of(const ZydisDecodedOperand& operand) const;
};

std::optional<Decoded> decode(const CodeSource& source, uint64_t address);

// The general register an operand's register is (part of); none for other kinds.
std::optional<Register> general_register(ZydisRegister reg);

// The register of a plain register operand of 64 bits.
std::optional<Register> full_register(const ZydisDecodedOperand& operand);

ProbeCost probe_cost(const Decoded& decoded);
StackEffect stack_effect(const Decoded& decoded);

}  // namespace flowtap
