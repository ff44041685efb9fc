// SPDX-License-Identifier: Apache-2.0
// Where executions become metrics. One thread folds, any number of threads scrape.
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
    std::uint64_t series_expiry_ns = 0;           // 0: series stay for ever
    std::vector<TargetLabel> target_labels = {};  // those that the series of executions get
    std::uint64_t started_ns = 0;                 // CLOCK_MONOTONIC
};

// Every scrape shows one moment. It holds the lock for as long as it takes to note some pointers, however
// many series there are (see SnapshotVector), so a scrape never keeps events from being folded.
class Metrics {
public:
    explicit Metrics(MetricsConfig config);

    // Enters outcomes in their order. A batch takes the lock once and is seen by scrapes whole.
    void fold(std::span<const Outcome> outcomes);
    // Replaces what the collector said about itself before. Until then all of it is 0.
    void update(CollectorStats stats);

    // As Ledger::set_bounds().
    void set_bounds(const LedgerLimits& limits, std::uint64_t expiry_ns);

    // Which target a process is, for the executions of it that start from now on. Nothing if no target
    // labels were chosen.
    void set_target(std::uint32_t tgid, const TargetLabels& labels);
    // Its executions are over. Its series stay until they expire.
    void forget_target(std::uint32_t tgid);
    // To be called about once a second; see Ledger::expire().
    void expire(std::uint64_t now_ns);

    // Everything /metrics shows.
    void expose(Exposition& exposition, const Moment& now);
    [[nodiscard]] std::string expose(ScrapeFormat format, const Moment& now);
    [[nodiscard]] LedgerSnapshot executions();
    // What was handed to update() last.
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
