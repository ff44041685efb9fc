// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace flowtap {

inline constexpr int kTinyProgramStatus = 42;

// Executes a program that exits at once with kTinyProgramStatus. The program is created in memory, since a
// container may hold no other program than flowtap. Exits with another status if exec is refused.
[[noreturn]] void become_tiny_program();

}  // namespace flowtap
