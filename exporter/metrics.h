// SPDX-License-Identifier: Apache-2.0
// Where executions become metrics. One thread folds, any number of threads scrape.
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "exporter/buckets.h"
#include "exporter/collector_stats.h"
#include "exporter/ledger.h"
#include "pipeline/outcome.h"

namespace flowtap {

struct MetricsConfig {
    std::string version;
    BucketBounds buckets = BucketBounds::defaults();
    LedgerLimits limits = {};
};

// Every scrape shows one moment: all its numbers are copied under one lock, which is held for nothing
// else; families and text are made from the copy.
class Metrics {
public:
    explicit Metrics(MetricsConfig config);

    // Enters outcomes in their order. A batch takes the lock once and is seen by scrapes whole.
    void fold(std::span<const Outcome> outcomes);
    // Replaces what the collector said about itself before. Until then all of it is 0.
    void update(CollectorStats stats);

    // Everything /metrics shows. `now_ns` is CLOCK_MONOTONIC.
    [[nodiscard]] std::vector<prometheus::MetricFamily> collect(std::uint64_t now_ns) const;
    [[nodiscard]] LedgerSnapshot executions() const;

private:
    const std::string version_;
    const BucketBounds bounds_;
    mutable std::mutex mutex_;  // guards the two below
    Ledger ledger_;
    CollectorStats stats_;
};

// Prometheus text format 0.0.4.
std::string to_text(const std::vector<prometheus::MetricFamily>& families);

}  // namespace flowtap
