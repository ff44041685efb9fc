// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "code/function/function_code.h"

namespace flowtap {

// The stack and the frame pointer before an instruction, each minus the stack pointer at the entry. None
// where it is unknown or differs between the ways in, or the register is used for something else.
struct StackDepths {
    std::optional<int64_t> stack;
    std::optional<int64_t> frame;

    friend bool operator==(const StackDepths&, const StackDepths&) = default;
};

// Of each instruction that can be reached, by following the moves of both pointers. The
// unwinder's landing pads are not ways in: it restores the stack pointer the code there was compiled for.
std::map<uint64_t, StackDepths> stack_depths(const std::map<uint64_t, FunctionCode::Node>& nodes,
                                             uint64_t entry);

}  // namespace flowtap
