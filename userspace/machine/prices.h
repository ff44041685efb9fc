// SPDX-License-Identifier: Apache-2.0
// What one hit costs the process that is hit, as measured on this machine.
#pragma once

#include <optional>

namespace flowtap {

// Seconds of CPU time: the trap, without what the program at the probe does. nullopt: not measured, or there
// is no such thing here.
struct Prices {
    std::optional<double> emulated = {};        // a uprobe on an instruction that the kernel emulates
    std::optional<double> single_stepped = {};  // on any other
    std::optional<double> hardware_watch = {};
    // What a switch to a thread whose memory is watched costs more than one to another thread.
    std::optional<double> watched_switch = {};
};

}  // namespace flowtap
