// SPDX-License-Identifier: Apache-2.0
// One x86-64 instruction, reduced to what choosing a probe site needs.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "code/code_source.h"

namespace flowtap {

// Numbered as the hardware and struct pt_regs users do: rax, rcx, rdx, rbx, ...
enum class Register : uint8_t {
    kRax,
    kRcx,
    kRdx,
    kRbx,
    kRsp,
    kRbp,
    kRsi,
    kRdi,
    kR8,
    kR9,
    kR10,
    kR11,
    kR12,
    kR13,
    kR14,
    kR15,
};

// A set of general registers, one bit each.
class RegisterSet {
public:
    constexpr RegisterSet() = default;
    constexpr RegisterSet(Register single)
        : bits_(static_cast<uint16_t>(1u << static_cast<unsigned>(single))) {}
    static constexpr RegisterSet from_bits(unsigned bits) {
        RegisterSet set;
        set.bits_ = static_cast<uint16_t>(bits);
        return set;
    }

    [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
    [[nodiscard]] constexpr bool contains(Register one) const { return !(*this & RegisterSet(one)).empty(); }
    [[nodiscard]] std::vector<Register> members() const;

    friend constexpr RegisterSet operator|(RegisterSet a, RegisterSet b) {
        return from_bits(a.bits_ | b.bits_);
    }
    friend constexpr RegisterSet operator&(RegisterSet a, RegisterSet b) {
        return from_bits(a.bits_ & b.bits_);
    }
    friend constexpr RegisterSet operator-(RegisterSet a, RegisterSet b) {
        return from_bits(a.bits_ & ~b.bits_);
    }
    friend constexpr bool operator==(RegisterSet a, RegisterSet b) = default;

private:
    uint16_t bits_ = 0;
};

// The registers a call leaves undefined (System V ABI).
inline constexpr RegisterSet kCallerSaved = RegisterSet::from_bits(0x0fc7);

// Where control goes after an instruction.
enum class Flow : uint8_t {
    kNext,
    kConditional,  // target, or next
    kJump,         // target
    kIndirectJump,
    kCall,  // of target
    kIndirectCall,
    kReturn,
    kStop,  // ud2, hlt, int3: nowhere
};

// How the kernel's x86 uprobes run an instruction under a probe.
enum class ProbeCost : uint8_t { kEmulated, kSingleStep, kRefused };

// How an instruction moves the stack pointer.
struct StackEffect {
    enum class Kind : uint8_t {
        kNone,
        kMove,         // rsp += amount
        kFromFrame,    // rsp = rbp + amount
        kSaveToFrame,  // rbp = rsp + amount
        kLeave,        // rsp = rbp + 8, rbp reloaded
        kUnknown,
    };
    Kind kind = Kind::kNone;
    int32_t amount = 0;
};

struct RegisterCopy {
    Register to;
    Register from;
};

// What an instruction reads or writes of memory by rsp or rbp, where a function's own frame is.
struct FrameAccess {
    Register base = Register::kRsp;
    int64_t displacement = 0;
    unsigned bytes = 0;                  // 0: not known, or not from there on
    std::optional<Register> whole = {};  // the 64-bit register that it is a move of
};

struct Instruction {
    uint64_t address = 0;
    uint8_t length = 0;
    Flow flow = Flow::kNext;
    ProbeCost cost = ProbeCost::kSingleStep;
    bool is_endbr = false;
    bool is_nop5 = false;     // 0f 1f 44 00 00, which kernels 6.18 to 7.1 turn into a call under a probe
    bool stores = false;      // to memory other than by rsp and rbp, where a function's own frame is
    bool is_notrack = false;  // an indirect jump through a jump table, in CET builds
    std::optional<uint64_t> target;    // of a direct jump or call
    RegisterSet writes;                // in whole or in part; for a call: what the callee may change
    std::optional<RegisterCopy> copy;  // mov between two 64-bit registers
    StackEffect stack;
    std::optional<FrameAccess> frame_write;  // not by push and call
    std::optional<FrameAccess> frame_load;   // by mov to a 64-bit register

    [[nodiscard]] uint64_t next() const { return address + length; }
    [[nodiscard]] bool is_call() const { return flow == Flow::kCall || flow == Flow::kIndirectCall; }
};

// None where no valid instruction lies.
std::optional<Instruction> decode_instruction(const CodeSource& source, uint64_t address);

}  // namespace flowtap
