// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "machine/machine_facts.h"

namespace flowtap {

// One thing that watching processes takes, and whether this machine and this user have it.
struct Check {
    enum class State : std::uint8_t {
        kOk,
        kLimited,  // runs without it; found says what is not observed then
        kMissing,
    };

    std::string name;
    State state = State::kMissing;
    std::string found;
    std::string remedy = {};  // where it is not kOk
    // Mechanisms of the self-test: whether it fired as often as it was triggered, and what a hit costs.
    std::optional<MechanismProof> proof = {};
    std::optional<double> price_seconds = {};
};

// All of them, in the order in which they are best mended. Loads the BPF programs, to see whether the kernel
// takes them.
std::vector<Check> machine_checks(const MachineFacts& machine);

}  // namespace flowtap
