// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <utility>

#include "exporter/metrics/collector_stats.h"

namespace flowtap {

// Why a process that was selected is not a target.
struct Refusal {
    std::string executable;
    AttachFailure reason = AttachFailure::kOther;
    std::string message;
};

// Which refusals were logged: each reason once for each program.
class LoggedRefusals {
public:
    // Processes choose their program's name, so the set is bounded: when it is full, it starts anew.
    static constexpr std::size_t kMost = 1000;

    // Returns true the first time.
    bool add(const Refusal& refusal);

private:
    std::set<std::pair<AttachFailure, std::string>> logged_;
};

}  // namespace flowtap
