// SPDX-License-Identifier: Apache-2.0
#include "exporter/views/status_reader.h"

#include <gtest/gtest.h>

namespace flowtap::status_reader_test {
namespace {

StatusReport example() {
    StatusReport report{.version = "1.2"};
    report.readiness = {{"targets: none"}};
    report.targets = {
        {.pid = 42, .executable = "python3", .state = TargetState::kGone, .profile = "kailash"}};
    report.targets[0].inexact = {"run: not all"};
    report.targets[0].unobserved = {"node: no site"};
    report.targets[0].points = {{.name = "run",
                                 .state = PointState::kInexact,
                                 .mechanism = "calls",
                                 .group = "calls",
                                 .executions = 12,
                                 .hits = 48,
                                 .added_seconds = 0.5,
                                 .remark = "not all"},
                                {.name = "node", .state = PointState::kUnobserved}};
    ActivityRow workflow{.workflow_id = "etl", .started = 3, .active = 1};
    workflow.ended[Status::kFailed] = 2;
    workflow.rate = 1.5;
    workflow.error_rate = 0.25;
    workflow.share = 0.5;
    workflow.p50 = 0.004;
    workflow.on_critical_path = 0.25;
    workflow.errors = {{"ValueError", 2}};
    workflow.oldest_active_seconds = 9;
    report.activity = {.seconds = 12, .since_start = true, .workflows = {workflow}, .unlisted_nodes = 12};
    report.activity.nodes = {{.workflow_id = "etl", .node_id = "read", .node_type = "Reader", .started = 7}};
    report.activity.node_totals = {.rate = 4, .error_rate = 1, .active = 5};
    report.reception = {.events_received = 100, .events_lost = 3, .executions_unpaired = 2};
    return report;
}

TEST(StatusReader, ReadsWhatWasWritten) {
    const Result<StatusReport> read = read_status(to_json(example()));
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(to_json(*read), to_json(example()));
}

TEST(StatusReader, RefusesWhatIsNoStatus) {
    for (const char* text : {"", "<html>", "[]", "null", "{}", "{\"workflows\":3}", "{\"workflows\":[]"})
        EXPECT_FALSE(read_status(text)) << text;
}

TEST(StatusReader, TakesNothingOfAnotherType) {
    const Result<StatusReport> read = read_status(
        R"({"workflows":[7,{"workflow_id":5,"started":-1,"active":"x","rate":-2,"p50_seconds":"1","failed":1e99}],)"
        R"("nodes":{},"targets":[{"pid":99999999999,"state":"?"}],"window_seconds":null,"healthy":"no"})");
    ASSERT_TRUE(read);
    ASSERT_EQ(read->activity.workflows.size(), 2U);
    const ActivityRow& row = read->activity.workflows[1];
    EXPECT_EQ(row.workflow_id, "");
    EXPECT_EQ(row.started, 0U);
    EXPECT_EQ(row.active, 0U);
    EXPECT_EQ(row.rate, 0);
    EXPECT_FALSE(row.p50);
    EXPECT_EQ(row.ended[Status::kFailed], 0U);
    EXPECT_TRUE(read->health.good());
    const Result<StatusReport> unhealthy = read_status(R"({"workflows":[],"healthy":false})");
    ASSERT_TRUE(unhealthy);
    EXPECT_EQ(unhealthy->health.reasons, std::vector<std::string>{"no reason given"});
    EXPECT_EQ(read->targets[0].state, TargetState::kFailed);
}

TEST(StatusReader, CutsEndlessLists) {
    std::string json = R"({"workflows":[0)";
    for (std::size_t i = 0; i < kMostRows + 10; ++i) json += ",0";
    const Result<StatusReport> read = read_status(json + "]}");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->activity.workflows.size(), kMostRows);
}

TEST(StatusReader, SurvivesDeepNesting) {
    EXPECT_FALSE(read_status(std::string(100'000, '[')));
    EXPECT_TRUE(
        read_status(R"({"workflows":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}"));
}

}  // namespace
}  // namespace flowtap::status_reader_test
