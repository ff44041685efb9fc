// SPDX-License-Identifier: Apache-2.0
#include "exporter/metrics/latency.h"

namespace flowtap {

void Latency::observe(std::uint64_t duration_ns, std::uint64_t end_ns) {
    ++count_;
    sum_ns_ += duration_ns;
    if (!with_quantiles_) return;
    const std::uint64_t period = end_ns / kSliceNs;
    while (slices_.size() < kSlices) slices_.edit(slices_.add());
    Slice& slice = slices_.edit(period % kSlices);
    if (slice.period > period) return;  // older than the window
    if (slice.period < period) slice = {.period = period};
    slice.durations.observe(static_cast<double>(duration_ns) / 1e9);
}

Latency::Snapshot Latency::snapshot() {
    Snapshot copy;
    copy.count = count_;
    copy.sum_ns = sum_ns_;
    copy.slices_ = slices_.snapshot();
    return copy;
}

ExponentialHistogram Latency::Snapshot::recent(std::uint64_t now_ns) const {
    ExponentialHistogram all(kSchema, kBuckets);
    const std::uint64_t now = now_ns / kSliceNs;
    for (std::size_t i = 0; i < slices_.size(); ++i) {
        // An end may be slightly later than the begin of the scrape.
        if (slices_[i].period + kSlices > now) all.merge(slices_[i].durations);
    }
    return all;
}

}  // namespace flowtap
