// SPDX-License-Identifier: Apache-2.0
#include "exporter/metrics.h"

#include <prometheus/text_serializer.h>

#include <iterator>
#include <utility>

#include "exporter/collector_families.h"
#include "exporter/execution_families.h"
#include "exporter/process_stats.h"

namespace flowtap {

namespace {

using Families = std::vector<prometheus::MetricFamily>;

void append(Families& families, Families more) {
    families.insert(families.end(), std::make_move_iterator(more.begin()),
                    std::make_move_iterator(more.end()));
}

}  // namespace

Metrics::Metrics(MetricsConfig config)
    : version_(std::move(config.version)), bounds_(config.buckets), ledger_(bounds_, config.limits) {}

void Metrics::fold(std::span<const Outcome> outcomes) {
    const std::lock_guard lock(mutex_);
    for (const Outcome& outcome : outcomes) ledger_.enter(outcome);
}

void Metrics::update(CollectorStats stats) {
    const std::lock_guard lock(mutex_);
    std::swap(stats_, stats);  // the old ones are freed by the caller's argument, outside the lock
}

LedgerSnapshot Metrics::executions() const {
    const std::lock_guard lock(mutex_);
    return ledger_.snapshot();
}

Families Metrics::collect(std::uint64_t now_ns) const {
    std::unique_lock lock(mutex_);
    LedgerSnapshot snapshot = ledger_.snapshot();
    const CollectorStats stats = stats_;
    lock.unlock();

    Families families = collector_families(version_, stats, snapshot.unpaired, snapshot.overflow);
    append(families, execution_families(std::move(snapshot), bounds_, now_ns));
    // Without a readable /proc these metrics are absent, as in the client libraries.
    if (const auto process = read_process_stats()) append(families, process_families(*process));
    return families;
}

std::string to_text(const Families& families) { return prometheus::TextSerializer().Serialize(families); }

}  // namespace flowtap
