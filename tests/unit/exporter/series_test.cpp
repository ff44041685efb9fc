// SPDX-License-Identifier: Apache-2.0
// Which series there are: expiry, target labels, latency quantiles.
#include <gtest/gtest.h>

#include <cmath>

#include "exporter/metrics/metrics.h"
#include "samples.h"

namespace flowtap::series_test {
namespace {

using namespace test;

constexpr std::uint64_t kHour = 3600 * kSecond;

class Expiry : public testing::Test {
protected:
    void start(std::uint64_t token, const Identity& identity, std::uint64_t time_ns) {
        fold(started(token, identity, time_ns));
    }
    void end(std::uint64_t token, const Identity& identity, std::uint64_t time_ns,
             Status status = Status::kSuccess) {
        Ended outcome = ended(token, identity, status);
        outcome.begin_ns = outcome.end_ns = time_ns;
        fold(outcome);
    }
    void fold(const Outcome& outcome) { metrics_.fold({&outcome, 1}); }
    // As the daemon does, until all series were looked at.
    Families after(std::uint64_t now_ns) {
        for (int second = 0; second < 62; ++second) metrics_.expire(now_ns);
        return collect(metrics_, now_ns);
    }
    static std::optional<double> count(const Families& families, const std::string& id,
                                       const std::string& status = "started") {
        return value_of(families, "workflow_executions_total", {{"workflow_id", id}, {"status", status}});
    }

    Metrics metrics_{{.limits = {3, 3, 3}, .series_expiry_ns = kHour}};
};

TEST_F(Expiry, TakesAllSeriesOfAnIdleWorkflowAndCountsThem) {
    start(1, workflow("w"), kSecond);
    start(2, node("w", "n"), kSecond);
    end(2, node("w", "n"), kSecond, Status::kFailed);
    end(1, workflow("w"), kSecond);
    EXPECT_EQ(count(after(kHour), "w"), 1) << "not yet";
    const Families families = after(kHour + 2 * kSecond);
    for (const char* name : {"workflow_executions_total", "workflow_node_executions_total",
                             "workflow_errors_total", "workflow_duration_seconds"})
        EXPECT_TRUE(find_family(families, name)->metric.empty()) << name;
    for (const char* metric :
         {"workflow_executions_total", "workflow_node_executions_total", "workflow_errors_total"})
        EXPECT_EQ(value_of(families, "flowtap_series_expired_total", {{"metric", metric}}), 1) << metric;
    EXPECT_EQ(find_sample(families, "workflow_latency_seconds")->summary.sample_count, 1U);
}

TEST_F(Expiry, TakesASmallTableInOneRound) {
    for (const char* id : {"a", "b", "c"}) {
        start(1, workflow(id), kSecond);
        end(1, workflow(id), kSecond);
    }
    metrics_.expire(kHour + 2 * kSecond);
    const Families families = collect(metrics_, kHour + 2 * kSecond);
    EXPECT_TRUE(find_family(families, "workflow_executions_total")->metric.empty());
}

TEST_F(Expiry, FollowsAnotherTimeFromThenOn) {
    start(1, workflow("w"), kSecond);
    end(1, workflow("w"), kSecond);
    metrics_.set_bounds({3, 3, 3}, 10 * kHour);
    EXPECT_EQ(count(after(2 * kHour), "w"), 1);
    metrics_.set_bounds({3, 3, 3}, 0);
    EXPECT_EQ(count(after(20 * kHour), "w"), 1) << "never";
    metrics_.set_bounds({3, 3, 3}, kSecond);
    EXPECT_EQ(count(after(20 * kHour), "w"), std::nullopt);
}

TEST_F(Expiry, ALowerLimitTakesNoSeriesAndAHigherOneMovesNone) {
    std::uint64_t token = 0;
    const auto run = [&](const std::string& id) {
        start(++token, workflow(id), kSecond);
        end(token, workflow(id), kSecond);
    };
    for (const char* id : {"a", "b", "c", "d"}) run(id);
    metrics_.set_bounds({1, 1, 1}, 0);
    for (const char* id : {"a", "b", "c", "e"}) run(id);
    Families families = after(kSecond);
    for (const char* id : {"a", "b", "c", "_other"}) EXPECT_EQ(count(families, id), 2) << id;
    EXPECT_EQ(count(families, "e"), std::nullopt);

    metrics_.set_bounds({10, 10, 10}, 0);
    for (const char* id : {"a", "d", "e"}) run(id);
    families = after(kSecond);
    EXPECT_EQ(count(families, "a"), 3);
    EXPECT_EQ(count(families, "d"), 1);
    EXPECT_EQ(count(families, "_other"), 2) << "what was counted there stays there";
}

TEST_F(Expiry, LeavesWhatIsActiveHoweverOldItIs) {
    start(1, workflow("w"), kSecond);
    start(2, node("w", "n"), kSecond);
    end(2, node("w", "n"), kSecond);
    const Families families = after(9 * kHour);
    EXPECT_EQ(count(families, "w"), 1);
    EXPECT_EQ(find_family(families, "workflow_node_executions_active")->metric.size(), 1U)
        << "the workflow it belongs to is still running";
    EXPECT_TRUE(is_balanced(families));
}

TEST_F(Expiry, KeepsOldErrorsOfAWorkflowThatStillRuns) {
    start(1, workflow("w"), kSecond);
    end(1, workflow("w"), kSecond, Status::kFailed);
    for (std::uint64_t hour = 1; hour < 5; ++hour) {
        start(1, workflow("w"), hour * kHour);
        end(1, workflow("w"), hour * kHour);
        EXPECT_EQ(find_family(after(hour * kHour + kSecond), "workflow_errors_total")->metric.size(), 1U);
    }
}

TEST_F(Expiry, AWorkflowThatReturnsBeginsAtZeroAndBalances) {
    start(1, workflow("w"), kSecond);
    end(1, workflow("w"), kSecond);
    EXPECT_EQ(count(after(2 * kHour), "w"), std::nullopt);
    start(2, workflow("w"), 2 * kHour);
    const Families families = after(2 * kHour);
    EXPECT_EQ(count(families, "w"), 1);
    EXPECT_EQ(count(families, "w", "success"), 0);
    EXPECT_TRUE(is_balanced(families));
}

TEST_F(Expiry, MakesRoomAndLeavesOpenExecutionsInOther) {
    for (std::uint64_t id = 0; id < 3; ++id) {
        start(id, workflow("w" + std::to_string(id)), kSecond);
        end(id, workflow("w" + std::to_string(id)), kSecond);
    }
    start(10, workflow("late"), kSecond);
    after(2 * kHour);
    start(11, workflow("late"), 2 * kHour);
    end(10, workflow("late"), 2 * kHour);
    const Families families = after(2 * kHour);
    EXPECT_EQ(count(families, "_other"), 1);
    EXPECT_EQ(count(families, "_other", "success"), 1);
    EXPECT_EQ(count(families, "late"), 1);
    EXPECT_EQ(count(families, "late", "success"), 0);
    EXPECT_TRUE(is_balanced(families));
}

TEST(NoExpiry, IsTheDefault) {
    Metrics metrics({});
    const Outcome outcomes[] = {started(1, workflow("w"), 1), ended(1, workflow("w"), Status::kSuccess, 1)};
    metrics.fold(outcomes);
    metrics.expire(1'000'000 * kHour);
    EXPECT_FALSE(find_family(collect(metrics, 0), "workflow_executions_total")->metric.empty());
}

TEST(TargetLabels, AreThoseChosenAndTellTargetsApart) {
    Metrics metrics({.target_labels = {TargetLabel::kPod, TargetLabel::kPid}});
    for (std::uint32_t tgid = 1; tgid <= 3; ++tgid) {
        metrics.set_target(tgid, {.pid = std::to_string(tgid), .exe = "/bin/x", .pod = "a\xff\n"});
        Started begin = std::get<Started>(started(tgid, node("w", "n")));
        begin.tgid = tgid;
        Ended end = ended(tgid, node("w", "n"), Status::kFailed);
        end.tgid = tgid;
        const Outcome outcomes[] = {begin, end};
        metrics.fold(outcomes);
    }
    const Families families = collect(metrics, 0);
    const LabelMap labels = {{"pod", "a\xEF\xBF\xBD\\x0a"}, {"pid", "2"}, {"workflow_id", "w"}};
    LabelMap execution = labels;
    execution.insert({{"node_id", "n"}, {"node_type", "Type"}, {"status", "failed"}});
    EXPECT_EQ(value_of(families, "workflow_node_executions_total", execution), 1);
    LabelMap error = labels;
    error.insert({{"node_id", "n"}, {"error_type", "ValueError"}});
    EXPECT_EQ(value_of(families, "workflow_errors_total", error), 1);
    EXPECT_EQ(find_family(families, "workflow_errors_total")->metric.size(), 3U);
    EXPECT_TRUE(is_balanced(families));
}

TEST(TargetLabels, AreNoneUnlessChosenAndEmptyOfAnUnknownTarget) {
    for (const bool chosen : {false, true}) {
        MetricsConfig config;
        if (chosen) config.target_labels = {TargetLabel::kPid};
        Metrics metrics(config);
        metrics.set_target(7, {.pid = "7"});
        const Outcome outcome = started(1, workflow("w"));  // of process 0
        metrics.fold({&outcome, 1});
        const LabelMap labels =
            chosen ? LabelMap{{"pid", ""}, {"workflow_id", "w"}} : LabelMap{{"workflow_id", "w"}};
        EXPECT_EQ(value_of(collect(metrics, 0), "workflow_executions_active", labels), 1);
    }
}

TEST(TargetLabels, AreShortHoweverLongTheyAre) {
    const TargetLabelSet set({TargetLabel::kExe}, {.exe = std::string(5000, 'x')});
    EXPECT_EQ(set.labels()[0].second, std::string(TargetLabelSet::kMaxValueBytes, 'x') + "\xE2\x80\xA6");
}

TEST(LatencyQuantiles, AreOfTheLastTenMinutes) {
    Metrics metrics({.latency_quantiles = {0.5, 1}});
    const auto run = [&metrics](std::uint64_t end_ns, std::uint64_t duration_ns) {
        Ended end = ended(1, workflow("w"), Status::kAborted);
        end.end_ns = end_ns;
        end.begin_ns = end_ns - duration_ns;
        const Outcome outcomes[] = {started(1, workflow("w"), end.begin_ns), end};
        metrics.fold(outcomes);
    };
    const auto quantile = [&metrics](std::uint64_t now_ns, std::size_t which) {
        return find_sample(collect(metrics, now_ns), "workflow_latency_seconds")
            ->summary.quantile[which]
            .value;
    };
    EXPECT_TRUE(std::isnan(quantile(kHour, 0)));
    run(kHour, 8 * kSecond);
    run(kHour + 60 * kSecond, kSecond);
    run(kHour + 61 * kSecond, kSecond);
    EXPECT_NEAR(quantile(kHour + 300 * kSecond, 0), 1, 0.011);
    EXPECT_NEAR(quantile(kHour + 300 * kSecond, 1), 8, 0.09);
    EXPECT_NEAR(quantile(kHour + 600 * kSecond, 1), 1, 0.011) << "the first is ten minutes old";
    EXPECT_TRUE(std::isnan(quantile(kHour + 700 * kSecond, 0)));
    run(kHour + 600 * kSecond, 2 * kSecond);
    run(kHour, 100 * kSecond);  // late
    EXPECT_NEAR(quantile(kHour + 600 * kSecond, 1), 2, 0.022);
    EXPECT_EQ(find_sample(collect(metrics, kHour), "workflow_latency_seconds")->summary.sample_count, 5U);
}

}  // namespace
}  // namespace flowtap::series_test
