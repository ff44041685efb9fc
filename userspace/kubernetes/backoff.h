// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>

namespace flowtap {

// Pauses that double, so that a server in trouble gets fewer requests, and that vary at random, so that the
// daemons of a cluster do not all send theirs at once.
class Backoff {
public:
    Backoff(std::chrono::milliseconds first, std::chrono::milliseconds longest)
        : first_(first), longest_(longest) {}

    // random: from 0 to 1. Returns half of the pause up to one and a half times the pause.
    std::chrono::milliseconds next(double random) {
        const std::chrono::milliseconds pause = next_;
        next_ = std::min(next_ * 2, longest_);
        return std::chrono::duration_cast<std::chrono::milliseconds>(pause * (0.5 + random));
    }
    void reset() { next_ = first_; }

private:
    std::chrono::milliseconds first_;
    std::chrono::milliseconds longest_;
    std::chrono::milliseconds next_ = first_;
};

}  // namespace flowtap
