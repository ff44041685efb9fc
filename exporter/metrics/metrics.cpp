// SPDX-License-Identifier: Apache-2.0
#include "exporter/metrics/metrics.h"

#include <ctime>
#include <utility>

#include "exporter/exposition/collector_families.h"
#include "exporter/exposition/families.h"
#include "exporter/metrics/process_stats.h"

namespace flowtap {

namespace {

LedgerConfig ledger_config(const MetricsConfig& config) {
    return {.limits = config.limits,
            .histograms = config.histograms,
            .latency_quantiles = !config.latency_quantiles.empty(),
            .expiry_ns = config.series_expiry_ns,
            .target_labels = config.target_labels};
}

}  // namespace

Metrics::Metrics(MetricsConfig config)
    : version_(std::move(config.version)),
      style_{config.histograms, config.latency_quantiles},
      started_ns_(config.started_ns),
      ledger_(ledger_config(config)) {}

void Metrics::fold(std::span<const Outcome> outcomes) {
    const std::lock_guard lock(mutex_);
    for (const Outcome& outcome : outcomes) ledger_.record(outcome);
}

void Metrics::update(CollectorStats stats) {
    auto shared = std::make_shared<const CollectorStats>(std::move(stats));
    const std::lock_guard lock(mutex_);
    std::swap(stats_, shared);  // the previous ones are freed outside the lock
}

void Metrics::set_bounds(const LedgerLimits& limits, std::uint64_t expiry_ns) {
    const std::lock_guard lock(mutex_);
    ledger_.set_bounds(limits, expiry_ns);
}

void Metrics::set_target(std::uint32_t tgid, const TargetLabels& labels) {
    const std::lock_guard lock(mutex_);
    ledger_.set_target(tgid, labels);
}

void Metrics::forget_target(std::uint32_t tgid) {
    const std::lock_guard lock(mutex_);
    ledger_.forget_target(tgid);
}

void Metrics::expire(std::uint64_t now_ns) {
    const std::lock_guard lock(mutex_);
    ledger_.expire(now_ns);
}

LedgerSnapshot Metrics::executions() {
    const std::lock_guard lock(mutex_);
    return ledger_.snapshot();
}

std::shared_ptr<const CollectorStats> Metrics::collector() {
    const std::lock_guard lock(mutex_);
    return stats_;
}

void Metrics::expose(Exposition& exposition, const Moment& now) {
    std::unique_lock lock(mutex_);
    const LedgerSnapshot snapshot = ledger_.snapshot();
    const std::shared_ptr<const CollectorStats> stats = stats_;
    lock.unlock();

    expose_families(exposition, collector_families(version_, *stats, snapshot));
    expose_executions(exposition, snapshot, style_, now, started_ns_);
    // Without a readable /proc these metrics are absent, as in the client libraries.
    if (const auto process = read_process_stats()) expose_families(exposition, process_families(*process));
}

std::string Metrics::expose(ScrapeFormat format, const Moment& now) {
    const auto exposition = make_exposition(format);
    expose(*exposition, now);
    return exposition->take();
}

Moment moment_now() {
    std::timespec monotonic{};
    std::timespec unix_time{};
    ::clock_gettime(CLOCK_MONOTONIC, &monotonic);
    ::clock_gettime(CLOCK_REALTIME, &unix_time);
    return {static_cast<std::uint64_t>(monotonic.tv_sec) * 1'000'000'000 +
                static_cast<std::uint64_t>(monotonic.tv_nsec),
            static_cast<double>(unix_time.tv_sec) + static_cast<double>(unix_time.tv_nsec) / 1e9};
}

}  // namespace flowtap
