// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace flowtap {

// A variable of a function.
struct Variable {
    int slot = -1;      // in the frame's localsplus
    int position = -1;  // among a call's arguments; -1: it is passed by its name only, or is no argument
    int closure = -1;   // in the function's closure; -1: it is not from around it
    bool argument = false;
    bool operator==(const Variable&) const = default;
};

}  // namespace flowtap
