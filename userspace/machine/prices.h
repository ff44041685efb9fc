// SPDX-License-Identifier: Apache-2.0
// The prices of probe hits, as measured on this machine.
#pragma once

#include <optional>

namespace flowtap {

// Seconds of CPU time of the process that is hit: the trap, without the BPF program. nullopt: not measured,
// or not available here.
struct Prices {
    std::optional<double> emulated = {};        // a uprobe on an instruction that the kernel emulates
    std::optional<double> single_stepped = {};  // a uprobe on any other instruction
    std::optional<double> hardware_watch = {};
    // Added cost of a switch to a thread with hardware watches.
    std::optional<double> watched_switch = {};
};

}  // namespace flowtap
