// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "exporter/exposition/exposition.h"
#include "exporter/metrics/ledger.h"

namespace flowtap {

// One moment on two clocks: CLOCK_MONOTONIC in nanoseconds, for events, and Unix time, for Prometheus.
struct Moment {
    std::uint64_t monotonic_ns = 0;
    double unix_seconds = 0;

    [[nodiscard]] double unix_of(std::uint64_t time_ns) const {
        return unix_seconds + (static_cast<double>(time_ns) - static_cast<double>(monotonic_ns)) / 1e9;
    }
};

// How the metrics of executions are presented.
struct ExecutionStyle {
    HistogramShape histograms = {};
    std::vector<double> quantiles = {};  // of workflow_latency_seconds
};

// The metrics of workflows and nodes, with samples ordered by label values. Ages of running executions are
// relative to `now`; `started` (CLOCK_MONOTONIC) is when the exporter began to count.
void expose_executions(Exposition& exposition, const LedgerSnapshot& snapshot, const ExecutionStyle& style,
                       const Moment& now, std::uint64_t started_ns);

}  // namespace flowtap
