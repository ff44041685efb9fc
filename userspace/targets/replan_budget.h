// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace flowtap {

// Limits re-planning without a sign of change to a hundredth of the time, for all targets together: each plan
// delays the next by a hundred times its own duration.
class ReplanBudget {
public:
    static constexpr std::uint64_t kShare = 100;

    [[nodiscard]] bool may_plan(std::uint64_t now_ns) const { return now_ns >= next_ns_; }
    void note_plan(std::uint64_t took_ns, std::uint64_t now_ns) { next_ns_ = now_ns + kShare * took_ns; }

private:
    std::uint64_t next_ns_ = 0;
};

}  // namespace flowtap
