// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "exporter/metrics/metrics.h"
#include "samples.h"

namespace flowtap::concurrent_scrape_test {
namespace {

using namespace test;

// One round: workflows and nodes start, some end, in batches a scrape may fall between but not into.
void fold_round(Metrics& metrics, std::uint64_t round) {
    std::vector<Outcome> batch;
    for (std::uint64_t index = 0; index < 20; ++index) {
        const std::uint64_t token = round * 100 + index * 2;
        const std::string id = std::to_string((round + index) % 30);
        batch.push_back(started(token, workflow(id)));
        batch.push_back(started(token + 1, node("w", id)));
        if (index % 3 == 0) continue;
        batch.push_back(ended(token + 1, node("w", id), static_cast<Status>(index % 4)));
        batch.push_back(ended(token, workflow(id), static_cast<Status>(index % 4)));
    }
    metrics.fold(batch);
    CollectorStats stats;
    stats.probes = {{"workflow", round}};
    stats.events_received = round;
    metrics.update(stats);
}

// What one thread sees that scrapes until `done`.
struct Seen {
    int scrapes = 0;
    int unbalanced = 0;
};

Seen scrape_until(Metrics& metrics, const std::atomic<bool>& done) {
    Seen seen;
    do {
        const auto families = collect(metrics, kSecond);
        ++seen.scrapes;
        if (!is_balanced(families)) ++seen.unbalanced;
        // Both are set in one update.
        const auto hits = value_of(families, "flowtap_probe_hits_total", {{"probe", "workflow"}});
        if (hits.value_or(0) != value_of(families, "flowtap_events_received_total")) ++seen.unbalanced;
    } while (!done);
    return seen;
}

TEST(ConcurrentScrape, BalancesWhileExecutionsAreAddedAndSeriesExpire) {
    MetricsConfig config;
    config.limits = {20, 20, 20};
    config.latency_quantiles = {0.5};
    config.series_expiry_ns = 1;
    Metrics metrics(config);
    constexpr std::uint64_t kRounds = 300;
    std::atomic<bool> done = false;
    std::vector<std::thread> scrapers;
    std::vector<Seen> seen(4);
    for (Seen& mine : seen) scrapers.emplace_back([&] { mine = scrape_until(metrics, done); });
    for (std::uint64_t round = 0; round < kRounds; ++round) {
        fold_round(metrics, round);
        metrics.expire(100 * kSecond);
    }
    done = true;
    for (std::thread& scraper : scrapers) scraper.join();
    for (const Seen& mine : seen) EXPECT_EQ(mine.unbalanced, 0) << "of " << mine.scrapes;

    const auto families = collect(metrics, kSecond);
    EXPECT_EQ(value_of(families, "active_workflows"), kRounds * 7) << "each round leaves 7 of 20 open";
    EXPECT_TRUE(is_balanced(families));
}

TEST(ConcurrentScrape, AHeldSnapshotStaysAsItWasWhileSeriesChange) {
    Metrics metrics({});
    fold_round(metrics, 0);
    const LedgerSnapshot before = metrics.executions();
    std::thread folder([&] {
        for (std::uint64_t round = 1; round < 50; ++round) fold_round(metrics, round);
    });
    for (int look = 0; look < 50; ++look) {
        std::uint64_t started = 0;
        before.workflows.for_each([&](const ExecutionRow& row) { started += row.started; });
        EXPECT_EQ(started, 20U);
    }
    folder.join();
}

}  // namespace
}  // namespace flowtap::concurrent_scrape_test
