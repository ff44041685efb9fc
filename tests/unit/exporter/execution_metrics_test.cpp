// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>

#include "exporter/metrics/metrics.h"
#include "samples.h"

namespace flowtap::execution_metrics_test {
namespace {

using namespace test;

MetricsConfig with_limit(std::size_t limit) {
    MetricsConfig config;
    config.limits = {limit, limit, limit, limit};
    return config;
}

void fold(Metrics& metrics, const Outcome& outcome) { metrics.fold({&outcome, 1}); }

TEST(ExecutionMetrics, CountsAWorkflowFromStartToSuccess) {
    Metrics metrics({});
    fold(metrics, started(1, workflow("etl"), 5 * kSecond));
    auto families = collect(metrics, 7 * kSecond);
    EXPECT_EQ(
        value_of(families, "workflow_executions_total", {{"workflow_id", "etl"}, {"status", "started"}}), 1);
    EXPECT_EQ(
        value_of(families, "workflow_executions_total", {{"workflow_id", "etl"}, {"status", "success"}}), 0);
    EXPECT_EQ(value_of(families, "active_workflows"), 1);
    EXPECT_EQ(value_of(families, "workflow_oldest_active_seconds", {{"workflow_id", "etl"}}), 2);

    fold(metrics, ended(1, workflow("etl"), Status::kSuccess, 300 * kMillisecond));
    families = collect(metrics, 8 * kSecond);
    EXPECT_EQ(
        value_of(families, "workflow_executions_total", {{"workflow_id", "etl"}, {"status", "success"}}), 1);
    EXPECT_EQ(value_of(families, "active_workflows"), 0);
    EXPECT_EQ(value_of(families, "workflow_oldest_active_seconds", {{"workflow_id", "etl"}}), 0);
    const auto& histogram =
        find_sample(families, "workflow_duration_seconds", {{"workflow_id", "etl"}})->histogram;
    EXPECT_EQ(histogram.sample_count, 1U);
    EXPECT_DOUBLE_EQ(histogram.sample_sum, 0.3);
    for (const auto& bucket : histogram.bucket) {
        EXPECT_EQ(bucket.cumulative_count, bucket.upper_bound >= 0.3 ? 1U : 0U) << bucket.upper_bound;
    }
}

TEST(ExecutionMetrics, TellTheTimeANodeRanFromTheTimeItWasSuspended) {
    Metrics metrics({});
    const LabelMap labels = {{"workflow_id", "w"}, {"node_id", "n"}, {"node_type", "Type"}};
    for (std::uint64_t token : {1, 2, 3}) fold(metrics, started(token, node("w", "n")));
    Ended one = ended(1, node("w", "n"), Status::kSuccess, 5 * kSecond);
    one.running_ns = 2 * kSecond;
    Ended other = ended(2, node("w", "n"), Status::kFailed, kSecond);
    other.running_ns = kSecond;
    for (const Ended& end : {one, other, ended(3, node("w", "n"), Status::kSuccess, 7 * kSecond)})
        fold(metrics, end);
    const auto families = collect(metrics, 0);
    EXPECT_EQ(value_of(families, "workflow_node_running_seconds_total", labels), 3);
    EXPECT_EQ(value_of(families, "workflow_node_suspended_seconds_total", labels), 3);
}

TEST(ExecutionMetrics, HaveNoRunningTimeOfANodeOfWhichItIsNotKnown) {
    Metrics metrics({});
    fold(metrics, started(1, node("w", "n")));
    fold(metrics, ended(1, node("w", "n"), Status::kSuccess));
    Ended unseen = ended(2, node("w", "m"), Status::kAborted);
    unseen.running_ns = kSecond;
    unseen.duration_known = false;
    fold(metrics, started(2, node("w", "m")));
    fold(metrics, unseen);
    const auto families = collect(metrics, 0);
    EXPECT_TRUE(find_family(families, "workflow_node_running_seconds_total")->metric.empty());
    EXPECT_TRUE(find_family(families, "workflow_node_suspended_seconds_total")->metric.empty());
}

TEST(ExecutionMetrics, OldestActiveSurvivesTheEndOfYoungerExecutions) {
    Metrics metrics({});
    fold(metrics, started(1, workflow("w"), 10 * kSecond));
    fold(metrics, started(2, workflow("w"), 12 * kSecond));
    fold(metrics, started(3, workflow("w"), 11 * kSecond));
    fold(metrics, ended(2, workflow("w"), Status::kSuccess));
    EXPECT_EQ(
        value_of(collect(metrics, 20 * kSecond), "workflow_oldest_active_seconds", {{"workflow_id", "w"}}),
        10);
    fold(metrics, ended(1, workflow("w"), Status::kSuccess));
    EXPECT_EQ(
        value_of(collect(metrics, 20 * kSecond), "workflow_oldest_active_seconds", {{"workflow_id", "w"}}),
        9);
    EXPECT_EQ(
        value_of(collect(metrics, 1 * kSecond), "workflow_oldest_active_seconds", {{"workflow_id", "w"}}), 0)
        << "a clock read before the begin gives no negative age";
}

TEST(ExecutionMetrics, WorkflowDurationTakesSuccessesOnlyAndLatencyTakesAllEnds) {
    Metrics metrics({});
    const Status statuses[] = {Status::kSuccess, Status::kFailed, Status::kCancelled, Status::kAborted};
    for (std::uint64_t token = 0; token < 4; ++token) {
        fold(metrics, started(token, workflow("w")));
        fold(metrics, ended(token, workflow("w"), statuses[token], 2 * kSecond));
    }
    const auto families = collect(metrics, 0);
    EXPECT_EQ(
        find_sample(families, "workflow_duration_seconds", {{"workflow_id", "w"}})->histogram.sample_count,
        1U);
    EXPECT_EQ(find_sample(families, "workflow_latency_seconds")->summary.sample_count, 4U);
    EXPECT_DOUBLE_EQ(find_sample(families, "workflow_latency_seconds")->summary.sample_sum, 8);
}

TEST(ExecutionMetrics, NodeDurationIsLabelledByStatusAndLeavesLatencyAlone) {
    Metrics metrics({});
    fold(metrics, started(1, node("w", "n", "Reader")));
    fold(metrics, ended(1, node("w", "n", "Reader"), Status::kFailed, 4 * kSecond));
    const auto families = collect(metrics, 0);
    const LabelMap labels = {{"workflow_id", "w"}, {"node_id", "n"}, {"node_type", "Reader"}};
    const auto duration = [&](const std::string& status) {
        LabelMap with_status = labels;
        with_status["status"] = status;
        return find_sample(families, "workflow_node_duration_seconds", with_status);
    };
    ASSERT_NE(duration("failed"), nullptr);
    EXPECT_DOUBLE_EQ(duration("failed")->histogram.sample_sum, 4);
    EXPECT_EQ(duration("success")->histogram.sample_count, 0U);
    EXPECT_EQ(duration("started"), nullptr);
    EXPECT_EQ(duration("cancelled"), nullptr);
    EXPECT_EQ(find_sample(families, "workflow_latency_seconds")->summary.sample_count, 0U);
}

TEST(ExecutionMetrics, AnUnknownDurationIsCountedByStatusAndNotObserved) {
    Metrics metrics({});
    for (const auto& identity : {workflow("w"), node("w", "n")}) {
        fold(metrics, started(1, identity));
        Ended outcome = ended(1, identity, Status::kSuccess, 100 * kSecond);
        outcome.duration_known = false;
        fold(metrics, outcome);
    }
    const auto families = collect(metrics, 0);
    EXPECT_EQ(value_of(families, "workflow_executions_total", {{"workflow_id", "w"}, {"status", "success"}}),
              1);
    EXPECT_EQ(
        find_sample(families, "workflow_duration_seconds", {{"workflow_id", "w"}})->histogram.sample_count,
        0U);
    EXPECT_EQ(find_sample(families, "workflow_latency_seconds")->summary.sample_count, 0U);
    const LabelMap labels = {
        {"workflow_id", "w"}, {"node_id", "n"}, {"node_type", "Type"}, {"status", "success"}};
    EXPECT_EQ(value_of(families, "workflow_node_executions_total", labels), 1);
    EXPECT_EQ(find_sample(families, "workflow_node_duration_seconds", labels)->histogram.sample_count, 0U);
    EXPECT_TRUE(is_balanced(families));
}

TEST(ExecutionMetrics, OnlyFailuresAreErrorsAndTheWorkflowItselfHasNoNodeId) {
    Metrics metrics({});
    fold(metrics, started(1, workflow("w")));
    fold(metrics, ended(1, workflow("w"), Status::kFailed));
    fold(metrics, started(2, workflow("w")));
    Ended cancelled = ended(2, workflow("w"), Status::kCancelled);
    cancelled.error_type = "CancelledError";
    fold(metrics, cancelled);
    // Two node types of one node id share one error series: the metric has no node_type.
    for (const char* type : {"A", "B"}) {
        fold(metrics, started(3, node("w", "n", type)));
        fold(metrics, ended(3, node("w", "n", type), Status::kFailed));
    }
    const auto families = collect(metrics, 0);
    EXPECT_EQ(find_family(families, "workflow_errors_total")->metric.size(), 2U);
    const auto errors = [&](const std::string& node_id) {
        return value_of(families, "workflow_errors_total",
                        {{"workflow_id", "w"}, {"node_id", node_id}, {"error_type", "ValueError"}});
    };
    EXPECT_EQ(errors(""), 1);
    EXPECT_EQ(errors("n"), 2);
}

TEST(ExecutionMetrics, AnEndThatNeverStartedIsCountedAsUnpairedAndChangesNothingElse) {
    Metrics metrics({});
    fold(metrics, ended(7, workflow("w"), Status::kSuccess));
    fold(metrics, Unpaired{UnpairedReason::kTooManyOpen});
    const auto families = collect(metrics, 0);
    EXPECT_EQ(value_of(families, "flowtap_executions_unpaired_total", {{"reason", "end_without_begin"}}), 1);
    EXPECT_EQ(value_of(families, "flowtap_executions_unpaired_total", {{"reason", "too_many_open"}}), 1);
    EXPECT_TRUE(find_family(families, "workflow_executions_total")->metric.empty());
    EXPECT_EQ(find_sample(families, "workflow_latency_seconds")->summary.sample_count, 0U);
}

TEST(ExecutionMetrics, ATokenStillOpenCannotStartAgain) {
    Metrics metrics({});
    fold(metrics, started(1, workflow("first")));
    fold(metrics, started(1, workflow("second")));
    fold(metrics, ended(1, workflow("second"), Status::kSuccess));
    const auto families = collect(metrics, 0);
    EXPECT_EQ(
        value_of(families, "workflow_executions_total", {{"workflow_id", "first"}, {"status", "success"}}),
        1);
    EXPECT_EQ(value_of(families, "active_workflows"), 0);
    EXPECT_TRUE(is_balanced(families));
}

TEST(ExecutionMetrics, NewIdentitiesBeyondTheLimitShareOther) {
    Metrics metrics(with_limit(2));
    for (std::uint64_t id = 0; id < 5; ++id) {
        fold(metrics, started(id, workflow("w" + std::to_string(id))));
        fold(metrics, started(100 + id, node("w", "n" + std::to_string(id))));
    }
    // Known identities keep their own series however full the table is.
    fold(metrics, started(50, workflow("w1")));
    const auto families = collect(metrics, 0);
    const auto started_of = [&](const std::string& id) {
        return value_of(families, "workflow_executions_total", {{"workflow_id", id}, {"status", "started"}});
    };
    EXPECT_EQ(started_of("w0"), 1);
    EXPECT_EQ(started_of("w1"), 2);
    EXPECT_EQ(started_of("w2"), std::nullopt);
    EXPECT_EQ(started_of("_other"), 3);
    EXPECT_EQ(value_of(families, "workflow_node_executions_active",
                       {{"workflow_id", "_other"}, {"node_id", "_other"}, {"node_type", "_other"}}),
              3);
    EXPECT_EQ(value_of(families, "flowtap_series_overflow_total", {{"metric", "workflow_executions_total"}}),
              3);
    EXPECT_EQ(
        value_of(families, "flowtap_series_overflow_total", {{"metric", "workflow_node_executions_total"}}),
        3);
    EXPECT_TRUE(is_balanced(families));
}

TEST(ExecutionMetrics, ErrorSeriesAreBoundedToo) {
    Metrics metrics(with_limit(2));
    for (std::uint64_t token = 0; token < 6; ++token) {
        fold(metrics, started(token, workflow("w")));
        Ended outcome = ended(token, workflow("w"), Status::kFailed);
        outcome.error_type = "Error" + std::to_string(token);
        fold(metrics, outcome);
    }
    const auto families = collect(metrics, 0);
    EXPECT_EQ(find_family(families, "workflow_errors_total")->metric.size(), 3U);
    EXPECT_EQ(value_of(families, "workflow_errors_total",
                       {{"workflow_id", "_other"}, {"node_id", "_other"}, {"error_type", "_other"}}),
              4);
    EXPECT_EQ(value_of(families, "flowtap_series_overflow_total", {{"metric", "workflow_errors_total"}}), 4);
}

TEST(ExecutionMetrics, ThereIsNoOtherSeriesBeforeItIsNeeded) {
    Metrics metrics(with_limit(2));
    fold(metrics, started(1, workflow("w")));
    EXPECT_EQ(find_family(collect(metrics, 0), "workflow_executions_active")->metric.size(), 1U);
}

TEST(ExecutionMetrics, AWorkflowNamedOtherIsAnOrdinaryOne) {
    Metrics metrics(with_limit(1));
    fold(metrics, started(1, workflow("_other")));
    fold(metrics, started(2, workflow("a")));
    fold(metrics, started(3, workflow("b")));
    const auto families = collect(metrics, 0);
    EXPECT_EQ(value_of(families, "workflow_executions_active", {{"workflow_id", "_other"}}), 2);
    EXPECT_EQ(value_of(families, "flowtap_series_overflow_total", {{"metric", "workflow_executions_total"}}),
              1);
    EXPECT_EQ(value_of(families, "active_workflows"), 3);
}

// Random starts, ends, ends of nothing and doubled starts, over more identities than there is room for.
class RandomOutcomes {
public:
    explicit RandomOutcomes(unsigned seed) : random_(seed) {}

    Outcome next() {
        const unsigned choice = random_() % 10;
        if (choice == 0) return ended(random_(), identity(), status());
        if (choice < 7 || open_.empty()) {
            if (choice == 1 && !open_.empty()) return started(open_.back(), identity());
            open_.push_back(++token_);
            return started(token_, identity(), random_() % kSecond);
        }
        std::swap(open_[random_() % open_.size()], open_.back());
        Ended outcome = ended(open_.back(), identity(), status(), random_());
        outcome.duration_known = random_() % 2 == 0;
        open_.pop_back();
        return outcome;
    }

private:
    Identity identity() {
        const std::string id = std::to_string(random_() % 40);
        return random_() % 2 == 0 ? workflow(id) : node("w", id);
    }
    Status status() { return static_cast<Status>(random_() % 4); }

    std::mt19937 random_;
    std::uint64_t token_ = std::uint64_t{1} << 40;
    std::vector<std::uint64_t> open_;
};

TEST(ExecutionMetrics, StartedIsEndedPlusActiveInARandomSequence) {
    for (unsigned seed = 0; seed < 20; ++seed) {
        Metrics metrics(with_limit(seed % 2 == 0 ? 10 : 1000));
        RandomOutcomes outcomes(seed);
        for (int step = 0; step < 500; ++step) {
            fold(metrics, outcomes.next());
            if (step % 10 == 0) {
                ASSERT_TRUE(is_balanced(collect(metrics, kSecond))) << "seed " << seed << " step " << step;
            }
        }
        EXPECT_GT(value_of(collect(metrics, kSecond), "active_workflows"), 0)
            << "the sequence tested nothing";
    }
}

CriticalPath path(const std::string& workflow_id, std::uint64_t fetch_ns, std::uint64_t engine_ns) {
    return {.token = 1,
            .tgid = 1,
            .begin_ns = kSecond,
            .end_ns = kSecond + fetch_ns + engine_ns,
            .identity = workflow(workflow_id),
            .steps = {{2, kSecond, kSecond + fetch_ns, node(workflow_id, "fetch")}},
            .engine_ns = engine_ns};
}

TEST(ExecutionMetrics, AddUpWhatBoundedEachWorkflow) {
    Metrics metrics({});
    fold(metrics, path("etl", 300 * kMillisecond, 50 * kMillisecond));
    fold(metrics, path("etl", 200 * kMillisecond, 0));
    fold(metrics, PathUnknown{PathUnknownReason::kNodeUnattributed});
    const auto families = collect(metrics, 9 * kSecond);
    const char* name = "workflow_critical_path_seconds_total";
    EXPECT_EQ(value_of(families, name, {{"workflow_id", "etl"}, {"node_id", "fetch"}}), 0.5);
    EXPECT_EQ(value_of(families, name, {{"workflow_id", "etl"}, {"node_id", ""}}), 0.05);
    EXPECT_EQ(value_of(families, "flowtap_critical_paths_unknown_total", {{"reason", "node_unattributed"}}),
              1);
    EXPECT_EQ(value_of(families, "flowtap_critical_paths_unknown_total", {{"reason", "too_many_nodes"}}), 0);
}

TEST(ExecutionMetrics, BoundTheSeriesOfCriticalPaths) {
    Metrics metrics(with_limit(2));
    fold(metrics, path("etl", 100 * kMillisecond, kMillisecond));
    fold(metrics, path("late", 100 * kMillisecond, kMillisecond));
    const auto families = collect(metrics, 9 * kSecond);
    const char* name = "workflow_critical_path_seconds_total";
    EXPECT_EQ(value_of(families, name, {{"workflow_id", "_other"}, {"node_id", "_other"}}), 0.101);
    EXPECT_EQ(value_of(families, "flowtap_series_overflow_total", {{"metric", name}}), 2);
}

TEST(ExecutionMetrics, DropTheCriticalPathsOfAnIdleWorkflow) {
    MetricsConfig config;
    config.series_expiry_ns = 10 * kSecond;
    Metrics metrics(config);
    fold(metrics, path("etl", 100 * kMillisecond, kMillisecond));
    metrics.expire(5 * kSecond);
    const char* name = "workflow_critical_path_seconds_total";
    EXPECT_EQ(find_family(collect(metrics, 5 * kSecond), name)->metric.size(), 2U);
    metrics.expire(30 * kSecond);
    EXPECT_EQ(find_family(collect(metrics, 30 * kSecond), name)->metric.size(), 0U);
}

}  // namespace
}  // namespace flowtap::execution_metrics_test
