// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

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
    [[nodiscard]] bool stalled(std::uint64_t now_ns) const { return now_ns > moved_ns_ + kLongest; }

private:
    std::uint64_t consumed_ = ~0ULL;
    std::uint64_t moved_ns_ = 0;
};

}  // namespace flowtap
