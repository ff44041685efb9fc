// SPDX-License-Identifier: Apache-2.0
// Durations of executions as plain numbers: no lock, no label.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "exporter/metrics/buckets.h"
#include "exporter/metrics/exponential_histogram.h"

namespace flowtap {

// Shared by all histograms of one exporter.
struct HistogramShape {
    BucketBounds bounds = BucketBounds::defaults();
    std::optional<int> native_schema = 3;  // nullopt: classic buckets only
};

// One execution, for people to find: its thread, and when it ended (CLOCK_MONOTONIC).
struct Exemplar {
    std::uint64_t duration_ns = 0;
    std::uint64_t end_ns = 0;  // 0: no execution
    std::uint32_t tgid = 0;
    std::uint32_t tid = 0;
};

class Histogram {
public:
    // The exemplar is the slowest execution within this time before the last one.
    static constexpr std::uint64_t kExemplarAgeNs = 300'000'000'000;

    // All observations of one histogram have the same shape.
    void observe(const HistogramShape& shape, const Exemplar& execution);

    [[nodiscard]] bool empty() const { return counts_.empty(); }
    [[nodiscard]] std::uint64_t sum_ns() const { return sum_ns_; }
    // Observations in bucket `index` alone (not cumulative); the last index is bounds.size().
    [[nodiscard]] std::uint64_t in_bucket(std::size_t index) const { return empty() ? 0 : counts_[index]; }
    [[nodiscard]] const std::optional<ExponentialHistogram>& native() const { return native_; }
    [[nodiscard]] const Exemplar& exemplar() const { return exemplar_; }

private:
    std::vector<std::uint64_t>
        counts_;  // empty until the first observation, because most statuses never occur
    std::uint64_t sum_ns_ = 0;
    std::optional<ExponentialHistogram> native_;
    Exemplar exemplar_;
};

}  // namespace flowtap
