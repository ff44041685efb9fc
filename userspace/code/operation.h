// SPDX-License-Identifier: Apache-2.0
// What an instruction does with its operands: as much as it takes to recognise what a compiler made of known
// source code. Instruction has what choosing a probe site needs.
#pragma once

#include <cstdint>
#include <optional>

#include "code/code_source.h"
#include "code/instruction.h"

namespace flowtap {

struct MemoryPlace {
    std::optional<Register> base;  // none: an address of its own
    bool has_index = false;
    bool by_instruction_pointer = false;
    bool by_thread_pointer = false;
    std::int64_t displacement = 0;
    std::optional<std::uint64_t> address;  // where it is known without running the code
};

struct Operand {
    enum class Kind : std::uint8_t { kNone, kRegister, kMemory, kConstant };
    Kind kind = Kind::kNone;
    unsigned bits = 0;
    std::optional<Register> part_of;  // kRegister: the general register that it is, or is a part of
    std::optional<Register> whole;    // kRegister: the general register, if it is all of it
    MemoryPlace memory = {};
    std::int64_t constant = 0;
};

struct Operation {
    enum class Kind : std::uint8_t {
        kOther,
        kNothing,  // a nop
        kMove,     // first = second: a load, a store, a copy or a constant
        kAddress,  // first = the address of second
        kAdd,      // first += second
        kSubtract,
        kCompare,  // of first and second, for a conditional jump
        kTest,     // of the bits that both have
    };
    enum class Condition : std::uint8_t { kNone, kZero, kNotZero, kNegative, kNotNegative };
    Kind kind = Kind::kOther;
    Condition condition = Condition::kNone;  // of a conditional jump
    bool changes_flags = false;              // what conditional jumps depend on
    Operand first;                           // of a call: what is called
    Operand second;
};

// None where no valid instruction lies.
std::optional<Operation> decode_operation(const CodeSource& source, std::uint64_t address);

inline bool is_memory(const Operand& operand) { return operand.kind == Operand::Kind::kMemory; }
inline bool is_constant(const Operand& operand) { return operand.kind == Operand::Kind::kConstant; }

// Memory by the stack or frame pointer.
inline bool is_by_frame(const Operand& operand) {
    const auto& base = operand.memory.base;
    return is_memory(operand) && (base == arch::kStackPointer || base == arch::kFramePointer);
}

// The register of which it is asked whether it is zero or negative.
std::optional<Register> tested_register(const Operation& operation);

// The two ways on from a conditional jump.
struct JumpWays {
    std::uint64_t when = 0;
    std::uint64_t otherwise = 0;
};

// Of a direct jump that depends on that condition, or on its opposite; of what was compared last: kZero is
// also "equal".
std::optional<JumpWays> ways_of_jump(const CodeSource& source, const Instruction& jump,
                                     Operation::Condition condition);

}  // namespace flowtap
