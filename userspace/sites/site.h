// SPDX-License-Identifier: Apache-2.0
// Chooses the instructions for uprobes: each event crosses exactly one, and a cheap one is taken if there is
// any.
//
// The kernel emulates a few instructions under a uprobe and single-steps all others, which costs about ten
// times as much (ProbeCost). No site is ever on a mark of a branch target, on an instruction the kernel
// refuses, or on one that it may turn into a call and that is not the function's first instruction: a call
// overwrites the red zone of a leaf function.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "code/function/function_code.h"
#include "code/instruction.h"

namespace flowtap {

enum class SiteCost { kEmulated, kSingleStep };

struct Site {
    uint64_t address = 0;  // as linked
    SiteCost cost = SiteCost::kSingleStep;
    // Stack pointer at the site + *stack_adjust = stack pointer at the function's first instruction.
    std::optional<int> stack_adjust;
    std::string reason;  // why this instruction, for `explain`
};

// The registers of the first `count` integer arguments.
RegisterSet argument_registers(unsigned count);

// What a probe at an entry wants to find as it was at the function's first instruction.
struct EntryNeeds {
    RegisterSet registers;
    bool memory = false;  // and what they point to
};

// Executed exactly once on every entry, before anything of what is needed changes. The first emulated
// instruction of the straight run from the entry up to and including its first branch or call; failing that,
// the first one that can be probed. Errors: no instruction qualifies.
Result<Site> entry_site(const FunctionCode& function, EntryNeeds needs);
// The same where the first `argument_count` arguments are needed.
Result<Site> entry_site(const FunctionCode& function, unsigned argument_count);

struct ExitSites {
    std::vector<Site> sites;                 // each return crosses exactly one
    std::vector<TailCall> tail_calls;        // returns that cross none of them
    std::vector<uint64_t> unresolved_jumps;  // if any: rets may be missing
};

// Whether what the function returns must be in its register at the exit's site already.
enum class ReturnValue { kNotNeeded, kNeeded };

// The rets, or emulated instructions that stand for them: on every way to that ret, followed by nothing but
// it (or the end of the process: a stack check's failure), without a call or a loop in between, and with the
// value as it is returned, where that is needed. Exits by exception cross no site. Errors: the function
// neither returns nor leaves by a tail call.
Result<ExitSites> return_sites(const FunctionCode& function, ReturnValue value = ReturnValue::kNeeded);

struct CallReturn {
    Site site;
    Register result = arch::kResult;  // holds what the inner call returned
    std::vector<Register> argument0;  // those that hold the function's own first argument; may be empty
};

enum class Argument0 { kNotNeeded, kNeeded };

using InnerCall = std::function<bool(const Instruction& call)>;

// Sites such that every return of a chosen inner call crosses exactly one, and nothing else crosses any: on
// each way on from the call, the first emulated instruction with the call's result in a register (and the
// function's first argument, where needed), or else the instruction after the call. Ways that join share a
// site. Errors: no call is chosen; or the exactness, or the register asked for, cannot be had.
Result<std::vector<CallReturn>> sites_after_calls(const FunctionCode& function,
                                                  const InnerCall& is_inner_call,
                                                  Argument0 argument0 = Argument0::kNotNeeded);

}  // namespace flowtap
