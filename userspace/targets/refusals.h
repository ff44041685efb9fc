// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "exporter/metrics/collector_stats.h"

namespace flowtap {

// Why a process is not attached to that should be.
struct Refusal {
    std::string executable;
    AttachFailure reason = AttachFailure::kOther;
    std::string message;
};

// The processes that could not be attached to, for as long as that is so. Each counts once for each reason;
// of each program a reason is said once.
class Refusals {
public:
    static constexpr std::size_t kMostSaid = 1000;  // then all may be said again

    struct News {
        bool count = false;
        bool say = false;
    };
    News note(pid_t pid, Refusal refusal);
    // It is attached to, or gone. Returns whether it was refused.
    bool forget(pid_t pid) { return refused_.erase(pid) != 0; }

    [[nodiscard]] const std::map<pid_t, Refusal>& all() const { return refused_; }

private:
    std::map<pid_t, Refusal> refused_;
    std::set<std::pair<AttachFailure, std::string>> said_;
};

}  // namespace flowtap
