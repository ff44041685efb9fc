// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <utility>

#include "exporter/metrics/collector_stats.h"

namespace flowtap {

// Why a process that should be attached to is not.
struct Refusal {
    std::string executable;
    AttachFailure reason = AttachFailure::kOther;
    std::string message;
};

// Which refusals were logged: for each program, every reason once.
class LoggedRefusals {
public:
    // The programs' names are for the processes to choose: past this many, all may be logged again.
    static constexpr std::size_t kMost = 1000;

    // True the first time.
    bool add(const Refusal& refusal);

private:
    std::set<std::pair<AttachFailure, std::string>> logged_;
};

}  // namespace flowtap
