// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "exporter/metrics/exponential_histogram.h"
#include "exporter/metrics/snapshot_vector.h"

namespace flowtap {

// Durations of all executions: count and sum since the start, quantiles over the last ten minutes. The time
// is taken from the executions' ends, so it needs no clock.
class Latency {
public:
    // Bounds 2.2 % apart, so quantiles are within 1.1 % of an observed value; from 1 ns to 584 years.
    static constexpr int kSchema = 5;
    static constexpr std::size_t kBuckets = 65 << kSchema;
    static constexpr std::uint64_t kSliceNs = 60'000'000'000;
    static constexpr std::size_t kSlices = 10;  // the newest is incomplete

private:
    struct Slice {
        std::uint64_t period = 0;  // end time / kSliceNs
        ExponentialHistogram durations{kSchema, kBuckets};
    };
    // Only the slice that is written to is ever copied.
    using Slices = SnapshotVector<Slice, 1, kSlices>;

public:
    class Snapshot {
    public:
        std::uint64_t count = 0;
        std::uint64_t sum_ns = 0;
        // Executions that ended within the kSlices slices up to now. Seconds.
        [[nodiscard]] ExponentialHistogram recent(std::uint64_t now_ns) const;

    private:
        friend class Latency;
        Slices::Snapshot slices_;
    };

    // Without quantiles only count and sum are kept.
    explicit Latency(bool with_quantiles) : with_quantiles_(with_quantiles) {}

    void observe(std::uint64_t duration_ns, std::uint64_t end_ns);
    [[nodiscard]] Snapshot snapshot();

private:
    std::uint64_t count_ = 0;
    std::uint64_t sum_ns_ = 0;
    bool with_quantiles_;
    Slices slices_;  // empty until the first observation
};

}  // namespace flowtap
