// SPDX-License-Identifier: Apache-2.0
// Which registers hold what an inner call returned, and which hold the function's own first argument.
#pragma once

#include <cstdint>
#include <map>
#include <set>

#include "code/function/function_code.h"
#include "code/instruction.h"

namespace flowtap {

struct HeldValues {
    // Whether the ways here come from an inner call that has returned. A later inner call takes the place of
    // an earlier one.
    bool may_follow_call = false;
    bool must_follow_call = false;
    RegisterSet result;     // on all ways; empty unless must_follow_call
    RegisterSet argument0;  // on all ways
    // Words of the frame that hold the argument on all ways, each as its distance from the stack pointer at
    // the entry: a compiler saves there what a call may change.
    std::set<int64_t> saved;

    friend bool operator==(const HeldValues&, const HeldValues&) = default;
};

// The values before each instruction of the function that can be reached.
std::map<uint64_t, HeldValues> held_values(const FunctionCode& function,
                                           const std::set<uint64_t>& inner_calls);

}  // namespace flowtap
