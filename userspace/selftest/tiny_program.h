// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace flowtap {

inline constexpr int kTinyProgramStatus = 42;

// Executes a program that ends at once with that status; it is made in memory, since a container may hold no
// other program than flowtap. Ends with another status where that is refused.
[[noreturn]] void become_tiny_program();

}  // namespace flowtap
