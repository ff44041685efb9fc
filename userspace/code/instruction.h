// SPDX-License-Identifier: Apache-2.0
// One instruction, reduced to what choosing a probe site needs.
#pragma once

#include <cstdint>
#include <optional>

#include "arch/register_set.h"
#include "code/code_source.h"

namespace flowtap {

// Where control goes after an instruction.
enum class Flow : uint8_t {
    kNext,
    kConditional,  // target, or next
    kJump,         // target
    kIndirectJump,
    kCall,  // of target
    kIndirectCall,
    kReturn,
    kStop,  // nowhere: it ends the process
};

// How the kernel's uprobes run an instruction under a probe.
enum class ProbeCost : uint8_t { kEmulated, kSingleStep, kRefused };

// How an instruction moves the stack pointer.
struct StackEffect {
    enum class Kind : uint8_t {
        kNone,
        kMove,         // stack pointer += amount
        kFromFrame,    // stack pointer = frame pointer + amount
        kSaveToFrame,  // frame pointer = stack pointer + amount
        kLeave,        // stack pointer = frame pointer + amount, and the frame pointer is the caller's again
        kUnknown,
    };
    Kind kind = Kind::kNone;
    int32_t amount = 0;
};

struct RegisterCopy {
    Register to;
    Register from;
};

// What an instruction reads or writes of memory by the stack or frame pointer, where a function's own frame
// is.
struct FrameAccess {
    Register base = arch::kStackPointer;
    int64_t displacement = 0;
    unsigned bytes = 0;                  // 0: not known, or not from there on
    std::optional<Register> whole = {};  // the 64-bit register that it is a move of
};

struct Instruction {
    uint64_t address = 0;
    uint8_t length = 0;
    Flow flow = Flow::kNext;
    ProbeCost cost = ProbeCost::kSingleStep;
    bool is_branch_target = false;     // does nothing but mark where indirect branches may arrive
    bool may_become_call = false;      // under a probe, in some kernels: which overwrites the red zone
    bool stores = false;               // to memory other than by the stack or frame pointer
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
