// SPDX-License-Identifier: Apache-2.0
// The bounds of classic histograms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/result.h"

namespace flowtap {

// The upper bounds of a histogram's buckets: at least one, ascending, each from 1 ns to 1e9 s.
class BucketBounds {
public:
    static constexpr std::size_t kMaxBounds = 64;

    // Errors (kUsage): no bounds, too many, out of range, or not ascending.
    static Result<BucketBounds> make(const std::vector<double>& seconds);
    // 1 ms to 10 min, about three bounds per decade.
    static BucketBounds defaults();

    [[nodiscard]] std::size_t size() const { return nanoseconds_.size(); }
    [[nodiscard]] double seconds(std::size_t index) const { return seconds_[index]; }
    // The bucket of `duration_ns`; size() is the one without an upper bound.
    [[nodiscard]] std::size_t bucket_of(std::uint64_t duration_ns) const;

private:
    BucketBounds() = default;

    std::vector<double> seconds_;
    std::vector<std::uint64_t> nanoseconds_;
};

}  // namespace flowtap
