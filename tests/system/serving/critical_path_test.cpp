// SPDX-License-Identifier: Apache-2.0
// Which nodes bound a workflow's wall time: in metrics, in the status and in a trace.
#include <fstream>

#include "flowtap_daemon.h"
#include "paths.h"
#include "target.h"
#include "temporary_directory.h"

namespace flowtap::system_test::critical_path_test {
namespace {

using Json = nlohmann::json;

constexpr const char* kOnPath = "workflow_critical_path_seconds_total";
constexpr double kRounding = 1e-6;  // seconds, of sums of doubles

class CriticalPathTest : public TargetTest {
protected:
    [[nodiscard]] static bool is_python() { return target().held_type == "HoldNode"; }
    // A chain of nodes, one after the other; no run fails.
    static Workload::Options chain() {
        return is_python() ? Workload::Options{"--shape", "sync", "--runs", "6", "--nodes", "4"}
                           : Workload::Options{"--runs", "6", "--nodes", "4"};
    }
    static double unknown(const Exposition& metrics) {
        return metrics.sum("flowtap_critical_paths_unknown_total");
    }
    static double successes(const Exposition& metrics) {
        return metrics.sum("workflow_executions_total", {{"status", "success"}});
    }
};

// With one node after the other each is on the path, and what is left of the workflow is the engine's.
TEST_P(CriticalPathTest, OfAChainIsAllOfItsNodes) {
    Workload workload(target().command(chain()));
    FlowtapDaemon flowtap(target().watch({&workload}));
    workload.run_round();
    const Exposition metrics = flowtap.scrape();
    ASSERT_EQ(unknown(metrics), 0);
    EXPECT_GT(successes(metrics), 0);
    std::size_t nodes = 0;
    for (const Sample& sample : metrics.samples()) {
        if (sample.name != "workflow_node_duration_seconds_sum") continue;
        ++nodes;
        const Labels node = {{"workflow_id", sample.labels.at("workflow_id")},
                             {"node_id", sample.labels.at("node_id")}};
        EXPECT_NEAR(metrics.sum(kOnPath, node), sample.value, kRounding)
            << to_text(sample.name, sample.labels);
    }
    EXPECT_GE(nodes, 4U);
    EXPECT_NEAR(metrics.sum(kOnPath), metrics.sum("workflow_duration_seconds_sum"), kRounding);
    EXPECT_TRUE(metrics.has(kOnPath, {{"node_id", ""}})) << "the engine's time";
}

TEST_P(CriticalPathTest, IsMarkedInATrace) {
    const TemporaryDirectory directory;
    const std::string output = (directory / "trace.json").string();
    Workload workload(target().command(chain()));
    std::vector<std::string> command = {kFlowtap, "trace", "--output", output};
    const std::vector<std::string> watched = target().watch({&workload});
    command.insert(command.end(), watched.begin(), watched.end());
    Child trace(command);
    ASSERT_TRUE(eventually([&] { return trace.errors().find("recording") != std::string::npos; }));
    workload.run_round();
    trace.signal(SIGINT);
    ASSERT_EQ(trace.wait(), 0) << trace.errors();
    std::ifstream file(output);
    std::size_t nodes = 0;
    const Json written = Json::parse(file);
    for (const Json& event : written.at("traceEvents")) {
        const Json about = event.value("args", Json::object());
        if (!about.contains("workflow_id")) continue;
        nodes += about.contains("node_id") ? 1 : 0;
        EXPECT_EQ(about.contains("critical_path"), about.contains("node_id")) << event;
    }
    EXPECT_GE(nodes, 6U * 4U);
}

INSTANTIATE_TEST_SUITE_P(Targets, CriticalPathTest, testing::ValuesIn(all_targets()), name_of_target);

class CriticalPathOfShapes : public SystemTest, public testing::WithParamInterface<const char*> {};

// Whatever an engine does with threads and tasks: a path adds up to its execution's wall time, or is said to
// be unknown.
TEST_P(CriticalPathOfShapes, AddsUpOrIsReportedAsUnknown) {
    const std::vector<Target> pythons = python_targets();
    if (pythons.empty() || !missing_program(pythons.front()).empty()) GTEST_SKIP() << "missing: a Python";
    const Target& target = pythons.front();
    Workload workload(target.command({"--shape", GetParam(), "--runs", "4", "--threads", "3"}));
    FlowtapDaemon flowtap(target.watch({&workload}));
    workload.run_round();
    const Exposition metrics = flowtap.scrape();
    const double successes = metrics.sum("workflow_executions_total", {{"status", "success"}});
    const double unknown = metrics.sum("flowtap_critical_paths_unknown_total");
    const double whole = metrics.sum("workflow_duration_seconds_sum");
    ASSERT_GT(successes, 0);
    EXPECT_LE(unknown, successes);
    if (unknown == 0) {
        EXPECT_NEAR(metrics.sum(kOnPath), whole, kRounding);
    } else {
        EXPECT_LT(metrics.sum(kOnPath), whole);
    }
    RecordProperty("unknown", std::to_string(unknown) + " of " + std::to_string(successes));
}

INSTANTIATE_TEST_SUITE_P(Shapes, CriticalPathOfShapes,
                         testing::Values("mixed", "async", "threads", "nested", "cyclic", "parallel",
                                         "await"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace flowtap::system_test::critical_path_test
