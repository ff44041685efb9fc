// SPDX-License-Identifier: Apache-2.0
#include "exporter/metrics/activity.h"

#include <gtest/gtest.h>

#include "exporter/metrics/metrics.h"
#include "samples.h"

namespace flowtap::activity_test {
namespace {

using namespace test;

class ActivityTest : public testing::Test {
protected:
    void run(const Identity& identity, int count, Status status = Status::kSuccess,
             std::uint64_t duration_ns = kMillisecond) {
        for (int execution = 0; execution < count; ++execution) {
            const std::uint64_t token = ++token_;
            Outcome outcome = started(token, identity);
            metrics_.fold({&outcome, 1});
            outcome = ended(token, identity, status, duration_ns);
            metrics_.fold({&outcome, 1});
        }
    }
    void begin(const Identity& identity) {
        const Outcome outcome = started(++token_, identity, 4 * kSecond);
        metrics_.fold({&outcome, 1});
    }
    Activity measure(std::uint64_t now_ns, std::size_t limit = 10) {
        return meter_.measure(metrics_.executions(), BucketBounds::defaults(), now_ns, limit);
    }

    Metrics metrics_{MetricsConfig{}};
    ActivityMeter meter_{0};
    std::uint64_t token_ = 0;
};

TEST_F(ActivityTest, FirstComparesWithTheStartThenWithWhatWasSeenBefore) {
    run(workflow("etl"), 100);
    const Activity first = measure(50 * kSecond);
    EXPECT_TRUE(first.since_start);
    ASSERT_EQ(first.workflows.size(), 1U);
    EXPECT_DOUBLE_EQ(first.workflows[0].rate, 2);

    run(workflow("etl"), 40);
    const Activity second = measure(54 * kSecond);
    EXPECT_FALSE(second.since_start);
    EXPECT_DOUBLE_EQ(second.seconds, 4);
    EXPECT_DOUBLE_EQ(second.workflows[0].rate, 10);
    EXPECT_EQ(second.workflows[0].started, 140U);

    EXPECT_TRUE(measure(200 * kSecond).since_start) << "what was seen long ago says nothing about now";
}

TEST_F(ActivityTest, TwoConcurrentReadersSeeTheSame) {
    run(workflow("etl"), 100);
    EXPECT_TRUE(measure(50 * kSecond).since_start);
    EXPECT_TRUE(measure(50 * kSecond + kMillisecond).since_start) << "a millisecond is no window";
    run(workflow("etl"), 10);
    EXPECT_DOUBLE_EQ(measure(55 * kSecond).workflows[0].rate, 2);
    EXPECT_DOUBLE_EQ(measure(55 * kSecond).workflows[0].rate, 2);
}

TEST_F(ActivityTest, TheWindowStaysShortHoweverOftenItIsRead) {
    for (std::uint64_t second = 1; second < 200; ++second) {
        const Activity activity = measure(second * kSecond);
        EXPECT_TRUE(second <= 2 || activity.seconds <= 30) << second;
        EXPECT_TRUE(second <= 40 || activity.seconds >= 10) << second;
    }
}

TEST_F(ActivityTest, CountsErrorsAndWhatIsActive) {
    run(workflow("etl"), 6);
    run(workflow("etl"), 4, Status::kFailed);
    begin(workflow("etl"));
    const ActivityRow row = measure(10 * kSecond).workflows.at(0);
    EXPECT_DOUBLE_EQ(row.rate, 1);
    EXPECT_DOUBLE_EQ(row.error_rate, 0.4);
    EXPECT_EQ(row.active, 1U);
    EXPECT_EQ(row.ended[Status::kFailed], 4U);
    EXPECT_DOUBLE_EQ(row.oldest_active_seconds.value(), 6);
}

TEST_F(ActivityTest, SharesAreOfTheTimeOfAllOfAKind) {
    run(node("etl", "read"), 1, Status::kSuccess, 30 * kMillisecond);
    run(node("etl", "write"), 1, Status::kFailed, 10 * kMillisecond);
    run(workflow("etl"), 1, Status::kSuccess, 50 * kMillisecond);
    const Activity activity = measure(kSecond);
    ASSERT_EQ(activity.nodes.size(), 2U);
    double sum = 0;
    for (const ActivityRow& row : activity.nodes) {
        sum += row.share;
        EXPECT_DOUBLE_EQ(row.share, row.node_id == "read" ? 0.75 : 0.25);
        EXPECT_EQ(row.workflow_id, "etl");
        EXPECT_EQ(row.node_type, "Type");
    }
    EXPECT_DOUBLE_EQ(sum, 1);
    EXPECT_DOUBLE_EQ(activity.workflows.at(0).share, 1);
}

TEST_F(ActivityTest, QuantilesAreThoseOfTheDurations) {
    run(node("etl", "n"), 98, Status::kSuccess, 2 * kMillisecond);
    run(node("etl", "n"), 2, Status::kFailed, 300 * kMillisecond);
    const ActivityRow row = measure(kSecond).nodes.at(0);
    EXPECT_NEAR(row.p50.value(), 0.002, 0.0001);
    EXPECT_NEAR(row.p99.value(), 0.3, 0.015);
    begin(workflow("new"));
    EXPECT_FALSE(measure(kSecond).workflows.at(0).p50) << "nothing ended, nothing known";
}

TEST_F(ActivityTest, TheBusiestNowComeFirstAndTheRestIsCounted) {
    run(workflow("yesterday"), 1000);
    static_cast<void>(measure(10 * kSecond));
    run(workflow("today"), 5);
    run(workflow("rare"), 1);
    const Activity activity = measure(20 * kSecond, 2);
    ASSERT_EQ(activity.workflows.size(), 2U);
    EXPECT_EQ(activity.workflows[0].workflow_id, "today");
    EXPECT_EQ(activity.workflows[1].workflow_id, "rare");
    EXPECT_EQ(activity.unlisted_workflows, 1U);
}

TEST_F(ActivityTest, TellsErrorsByTypeAndPartsOfTheCriticalPath) {
    run(node("etl", "fetch"), 3, Status::kFailed);
    run(workflow("etl"), 1);
    run(workflow("other"), 1);
    CriticalPath path{.end_ns = 10, .identity = workflow("etl"), .engine_ns = 2};
    path.steps = {{1, 0, 8, node("etl", "fetch")}};
    const Outcome outcome = path;
    metrics_.fold({&outcome, 1});
    const Activity activity = measure(50 * kSecond);
    ASSERT_EQ(activity.nodes.size(), 1U);
    ASSERT_EQ(activity.nodes[0].errors.size(), 1U);
    EXPECT_EQ(activity.nodes[0].errors[0].type, "ValueError");
    EXPECT_EQ(activity.nodes[0].errors[0].count, 3U);
    EXPECT_EQ(activity.nodes[0].on_critical_path, 0.8);
    ASSERT_EQ(activity.workflows.size(), 2U);
    for (const ActivityRow& row : activity.workflows)
        EXPECT_EQ(row.on_critical_path, row.workflow_id == "etl" ? std::optional(0.2) : std::nullopt);
}

}  // namespace
}  // namespace flowtap::activity_test
