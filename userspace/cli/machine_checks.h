// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "machine/machine_facts.h"

namespace flowtap {

// One requirement of flowtap, and whether this machine and this user meet it.
struct Check {
    enum class State : std::uint8_t {
        kOk,
        kLimited,  // flowtap runs without it; `found` says what is not observed then
        kMissing,
    };

    std::string name;
    State state = State::kMissing;
    std::string found;
    std::string remedy = {};  // empty if kOk
    // For mechanisms of the self-test: whether it fired as often as it was triggered, and what a hit costs.
    std::optional<MechanismProof> proof = {};
    std::optional<double> price_seconds = {};
};

// All checks, in the order in which failures are best fixed. Loads the BPF programs to see whether the kernel
// accepts them.
std::vector<Check> machine_checks(const MachineFacts& machine);

// Those of them that try nothing. Files of /proc and /sys are read below `root`.
std::vector<Check> setting_checks(const std::string& root = "");

}  // namespace flowtap
