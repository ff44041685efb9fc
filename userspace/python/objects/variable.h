// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace flowtap {

// A variable of a function.
struct Variable {
    int slot = -1;      // in the frame's localsplus
    int position = -1;  // among a call's arguments; -1: passed by name only, or not an argument
    int closure = -1;   // in the function's closure; -1: not a free variable
    bool argument = false;
    bool operator==(const Variable&) const = default;
};

}  // namespace flowtap
