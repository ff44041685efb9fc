// SPDX-License-Identifier: Apache-2.0
// What one hit of a probe costs the process it is in.
#pragma once

#include "sites/site.h"

namespace flowtap {

// Microseconds, by bench/probe_cost on one nested virtual machine, where a trap is dear: 0.6 to 0.8 where the
// kernel emulates the instruction, 11 to 19 where it single-steps it. Other machines have other numbers, but
// the ratio, on which the choice of a mechanism depends, was at least 5 wherever it was measured.
inline constexpr double kEmulatedMicroseconds = 0.8;
inline constexpr double kSingleStepMicroseconds = 11;
// A debug register's trap, where each access to such a register leaves the virtual machine: 20 to 30.
inline constexpr double kWatchMicroseconds = 25;

constexpr double price_of(SiteCost cost) {
    return cost == SiteCost::kEmulated ? kEmulatedMicroseconds : kSingleStepMicroseconds;
}

}  // namespace flowtap
