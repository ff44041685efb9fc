// SPDX-License-Identifier: Apache-2.0
// Turns outcomes of executions into metrics. One thread folds, any number of threads scrape.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "exporter/exposition/execution_families.h"
#include "exporter/exposition/exposition.h"
#include "exporter/exposition/scrape_format.h"
#include "exporter/metrics/collector_stats.h"
#include "exporter/metrics/histogram.h"
#include "exporter/metrics/ledger.h"
#include "pipeline/outcome.h"

namespace flowtap {

struct MetricsConfig {
    std::string version = {};
    HistogramShape histograms = {};
    LedgerLimits limits = {};
    std::vector<double> latency_quantiles = {};   // each from 0 to 1
    std::uint64_t series_expiry_ns = 0;           // 0: series are never dropped
    std::vector<TargetLabel> target_labels = {};  // target labels of the series of executions
    std::uint64_t started_ns = 0;                 // CLOCK_MONOTONIC
};

// Every scrape shows one moment. It holds the lock only while it notes a few pointers, however many series
// there are (see SnapshotVector), so a scrape never delays the folding of events.
class Metrics {
public:
    explicit Metrics(MetricsConfig config);

    // Records outcomes in order. A batch takes the lock once, and a scrape sees all of it or nothing.
    void fold(std::span<const Outcome> outcomes);
    // Replaces the collector's statistics. Until the first call all of them are 0.
    void update(CollectorStats stats);

    // As Ledger::set_bounds().
    void set_bounds(const LedgerLimits& limits, std::uint64_t expiry_ns);

    // Sets a process's target labels for executions that start from now on. Has no effect if no target labels
    // were chosen.
    void set_target(std::uint32_t tgid, const TargetLabels& labels);
    // The process's executions have ended. Its series stay until they expire.
    void forget_target(std::uint32_t tgid);
    // Call about once a second; see Ledger::expire().
    void expire(std::uint64_t now_ns);

    // Everything that /metrics shows.
    void expose(Exposition& exposition, const Moment& now);
    [[nodiscard]] std::string expose(ScrapeFormat format, const Moment& now);
    [[nodiscard]] LedgerSnapshot executions();
    // The statistics last passed to update().
    [[nodiscard]] std::shared_ptr<const CollectorStats> collector();

private:
    const std::string version_;
    const ExecutionStyle style_;
    const std::uint64_t started_ns_;
    std::mutex mutex_;  // guards the two below
    Ledger ledger_;
    std::shared_ptr<const CollectorStats> stats_ = std::make_shared<const CollectorStats>();
};

// CLOCK_MONOTONIC and the Unix clock, now.
Moment moment_now();

}  // namespace flowtap
