// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "exporter/metrics.h"
#include "samples.h"

namespace flowtap {
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

TEST(ConcurrentScrape, EveryScrapeBalancesWhileExecutionsAreFolded) {
    MetricsConfig config;
    config.limits = {20, 20, 20};
    Metrics metrics(config);
    constexpr std::uint64_t kRounds = 300;
    std::atomic<bool> done = false;
    std::thread folder([&] {
        for (std::uint64_t round = 0; round < kRounds; ++round) fold_round(metrics, round);
        done = true;
    });
    int scrapes = 0;
    int unbalanced = 0;
    do {
        const auto families = metrics.collect(kSecond);
        ++scrapes;
        if (!is_balanced(families)) ++unbalanced;
        // Both are set in one update.
        const auto hits = value_of(families, "flowtap_probe_hits_total", {{"probe", "workflow"}});
        if (hits.value_or(0) != value_of(families, "flowtap_events_received_total")) ++unbalanced;
    } while (!done);
    folder.join();
    EXPECT_EQ(unbalanced, 0) << "of " << scrapes;

    const auto families = metrics.collect(kSecond);
    EXPECT_EQ(value_of(families, "active_workflows"), kRounds * 7) << "each round leaves 7 of 20 open";
    EXPECT_TRUE(is_balanced(families));
}

}  // namespace
}  // namespace flowtap
