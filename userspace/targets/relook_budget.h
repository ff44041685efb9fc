// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace flowtap {

// Planning targets again without a sign of a change may take a hundredth of the time, for all of them
// together: each plan delays the next by a hundred times what it took.
class RelookBudget {
public:
    static constexpr std::uint64_t kShare = 100;

    [[nodiscard]] bool may_look(std::uint64_t now_ns) const { return now_ns >= next_ns_; }
    void looked(std::uint64_t took_ns, std::uint64_t now_ns) { next_ns_ = now_ns + kShare * took_ns; }

private:
    std::uint64_t next_ns_ = 0;
};

}  // namespace flowtap
