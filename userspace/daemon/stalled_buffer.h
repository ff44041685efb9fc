// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/result.h"

namespace flowtap {

// Detects a ring buffer with a record that its program does not complete. All records behind it wait too, and
// are neither received nor counted as lost.
class StalledBuffer {
public:
    static constexpr std::uint64_t kLongest = 5'000'000'000;  // ns

    // Call after the buffer was drained. consumed: bytes since the start; waiting: bytes in the buffer.
    void update(std::uint64_t consumed, std::uint64_t waiting, std::uint64_t now_ns) {
        if (waiting != 0 && consumed == consumed_) return;
        consumed_ = consumed;
        moved_ns_ = now_ns;
    }
    // Errors: it is stalled.
    [[nodiscard]] Result<void> check(std::uint64_t now_ns) const {
        if (now_ns <= moved_ns_ + kLongest) return {};
        return Error{"read BPF ring buffer", "events",
                     "its first record has not been completed for 5 seconds, so later events do not arrive",
                     "restart flowtap, and report this with the version of the kernel"};
    }

private:
    std::uint64_t consumed_ = ~0ULL;
    std::uint64_t moved_ns_ = 0;
};

}  // namespace flowtap
