// SPDX-License-Identifier: Apache-2.0
// Histograms as plain numbers: no lock, no label, no allocation after the first observation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "result.h"

namespace flowtap {

// The upper bounds of a histogram's buckets: at least one, ascending, each from 1 ns to 1e9 s.
class BucketBounds {
public:
    static constexpr std::size_t kMaxBounds = 64;

    // Errors (kUsage): no bounds, too many, out of range, or not ascending.
    static Result<BucketBounds> make(const std::vector<double>& seconds);
    // 1 ms to 10 min, about three to the decade.
    static BucketBounds defaults();

    [[nodiscard]] std::size_t size() const { return nanoseconds_.size(); }
    [[nodiscard]] double seconds(std::size_t index) const { return seconds_[index]; }
    // The bucket `duration_ns` belongs to; size() is the one without an upper bound.
    [[nodiscard]] std::size_t bucket_of(std::uint64_t duration_ns) const;

private:
    BucketBounds() = default;

    std::vector<double> seconds_;
    std::vector<std::uint64_t> nanoseconds_;
};

// Counts by bucket. All observations of one histogram use the same bounds.
class Histogram {
public:
    void observe(const BucketBounds& bounds, std::uint64_t duration_ns);

    [[nodiscard]] bool empty() const { return counts_.empty(); }
    [[nodiscard]] std::uint64_t sum_ns() const { return sum_ns_; }
    // Observations in bucket `index` alone (not cumulative); the last index is bounds.size().
    [[nodiscard]] std::uint64_t in_bucket(std::size_t index) const { return empty() ? 0 : counts_[index]; }

private:
    std::vector<std::uint64_t> counts_;  // empty until the first observation: most statuses never happen
    std::uint64_t sum_ns_ = 0;
};

}  // namespace flowtap
