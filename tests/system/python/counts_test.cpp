// SPDX-License-Identifier: Apache-2.0
// Every execution is counted, once, as the program itself counts it.
#include <set>
#include <string_view>
#include <tuple>

#include "flowtap_daemon.h"
#include "target.h"

namespace flowtap::system_test::counts_test {
namespace {

// Workflow.execute() is no workflow to the profile; its nodes are nodes, and each is said to be without one.
enum class Scope { kAll, kNodes };

struct Load {
    const char* name;
    Workload::Options options;
    Scope scope = Scope::kAll;
    std::vector<std::string> flowtap = {};  // options of flowtap

    friend std::ostream& operator<<(std::ostream& out, const Load& load) { return out << load.name; }
};

using Case = std::tuple<Target, Load>;

std::string name_of_case(const testing::TestParamInfo<Case>& info) {
    return std::string(std::get<1>(info.param).name) + "_" + std::get<0>(info.param).name;
}

// Shapes of tests/engine/workload.py that are observed exactly on every supported interpreter, whole.
std::vector<Load> whole_loads() {
    return {
        {"sync", {"--shape", "sync", "--fail-every", "3"}},
        {"sync_named", {"--shape", "sync", "--ids", "named"}},
        {"sync_unnamed", {"--shape", "sync", "--ids", "unnamed"}},
        {"failing", {"--shape", "failing"}},
        {"validation", {"--shape", "validation"}},
        {"nested", {"--shape", "nested", "--fail-every", "3"}},
        {"recursive", {"--shape", "recursive", "--depth", "4"}},
        {"threads", {"--shape", "threads", "--threads", "4", "--fail-every", "3"}},
        {"threads_share", {"--shape", "threads", "--threads", "4", "--share"}},
        {"override", {"--shape", "override", "--fail-every", "3"}},
        {"merge", {"--shape", "merge", "--fail-every", "3"}},
        {"cyclic", {"--shape", "cyclic"}},
        {"conditional", {"--shape", "conditional", "--fail-every", "3"}},
        {"labels", {"--shape", "labels"}},
        {"async_sync", {"--shape", "async-sync", "--fail-every", "3"}},
        {"async", {"--shape", "async", "--fail-every", "3"}},
        {"mixed", {"--shape", "mixed", "--fail-every", "3"}},
        {"await", {"--shape", "await", "--fail-every", "3"}},
        {"local_async", {"--shape", "local-async", "--fail-every", "3"}},
        {"local_await", {"--shape", "local-await", "--fail-every", "3"}},
        {"parallel", {"--shape", "parallel", "--fail-every", "3"}},
        {"in_loop", {"--shape", "in-loop", "--fail-every", "3"}},
        {"cancelled", {"--shape", "cancelled"}},
        {"timeout", {"--shape", "timeout"}},
        {"legacy", {"--shape", "legacy", "--fail-every", "3"}, Scope::kNodes},
        {"parallel_cyclic", {"--shape", "parallel-cyclic", "--fail-every", "3"}},
    };
}

// By default, a node that fails validation has no duration (CheapTest counts it), and what needs hardware
// watches is observed from the first object of its class on.
std::vector<Load> python_loads() {
    std::vector<Load> loads = whole_loads();
    std::erase_if(loads, [](const Load& load) {
        return load.name == std::string_view("validation") ||
               load.name == std::string_view("parallel_cyclic");
    });
    return loads;
}

// Where durations are to include an engine's own work around a node.
std::vector<Load> complete_loads() {
    std::vector<Load> loads = whole_loads();
    for (Load& load : loads) load.flowtap = {"--prefer", "complete"};
    return loads;
}

// One of each way to run: what goes wrong on some version goes wrong in one of them.
std::vector<Load> few_python_loads() {
    std::vector<Load> few = python_loads();
    const std::set<std::string> wanted = {"sync", "threads", "async", "local_await", "parallel"};
    std::erase_if(few, [&](const Load& load) { return !wanted.contains(load.name); });
    return few;
}

std::vector<Load> native_loads() {
    return {
        {"plain", {"--runs", "200", "--nodes", "5"}},
        {"failures", {"--runs", "200", "--nodes", "5", "--fail-every", "3"}},
        {"recursion", {"--runs", "50", "--nodes", "3", "--depth", "10", "--retry-every", "2"}},
        {"recursion_failures", {"--runs", "50", "--nodes", "3", "--depth", "5", "--fail-every", "2"}},
        {"threads", {"--runs", "200", "--nodes", "5", "--threads", "8", "--fail-every", "5"}},
        {"left", {"--runs", "200", "--nodes", "5", "--depth", "3", "--leave-every", "2"}},
    };
}

Ledger without_workflows(Ledger ledger) {
    ledger["workflows"] = Ledger::object();
    double started = 0;
    for (const Ledger& row : ledger.at("nodes"))
        if (row.at("status") == "started") started += row.at("count").get<double>();
    ledger["nodes_without_workflow"] = started;
    Ledger errors = Ledger::array();
    for (const Ledger& row : ledger.at("errors"))
        if (!row.at("node_id").get<std::string>().empty()) errors.push_back(row);
    ledger["errors"] = errors;
    return ledger;
}

class CountsTest : public SystemTest, public testing::WithParamInterface<Case> {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        const std::string missing = missing_program(std::get<0>(GetParam()));
        if (!IsSkipped() && !missing.empty()) GTEST_SKIP() << "missing: " << missing;
        // Its functions are plain Python.
        if (!IsSkipped() && std::get<1>(GetParam()).name == std::string_view("parallel_cyclic"))
            skip_without_watches();
    }
};

TEST_P(CountsTest, MatchTheProgramAfterEveryRound) {
    const auto& [target, load] = GetParam();
    Workload workload(target.command(load.options));
    std::vector<std::string> options = target.watch({&workload});
    options.insert(options.end(), load.flowtap.begin(), load.flowtap.end());
    FlowtapDaemon flowtap(options);
    for (int round = 0; round < 2; ++round) {
        const Ledger ledger = workload.run_round();
        const Exposition metrics = flowtap.scrape_at_rest();
        EXPECT_TRUE(agrees(metrics, load.scope == Scope::kAll ? ledger : without_workflows(ledger)))
            << "in round " << round;
        EXPECT_TRUE(identity_holds(metrics));
        EXPECT_TRUE(no_event_vanished(metrics));
        EXPECT_EQ(metrics.sum("active_workflows"), 0);
    }
    EXPECT_EQ(workload.leave(), 0);
}

INSTANTIATE_TEST_SUITE_P(Python, CountsTest,
                         testing::Combine(testing::ValuesIn(python_targets()),
                                          testing::ValuesIn(python_loads())),
                         name_of_case);
INSTANTIATE_TEST_SUITE_P(Complete, CountsTest,
                         testing::Combine(testing::ValuesIn(python_targets()),
                                          testing::ValuesIn(complete_loads())),
                         name_of_case);
INSTANTIATE_TEST_SUITE_P(OtherPython, CountsTest,
                         testing::Combine(testing::ValuesIn(other_python_targets()),
                                          testing::ValuesIn(few_python_loads())),
                         name_of_case);
INSTANTIATE_TEST_SUITE_P(Native, CountsTest,
                         testing::Combine(testing::ValuesIn(native_targets()),
                                          testing::ValuesIn(native_loads())),
                         name_of_case);

class DurationsTest : public TargetTest {};

// Nodes work a millisecond each by the program's own clock, and its ledger measures around the observed
// function: what flowtap measures at that function lies between.
TEST_P(DurationsTest, LieBetweenTheWorkAndWhatTheCallerMeasured) {
    Workload workload(target().command({"--runs", "20", "--nodes", "4", "--work-us", "1000"}));
    FlowtapDaemon flowtap(target().watch({&workload}));
    const Ledger ledger = workload.run_round();
    const Exposition metrics = flowtap.scrape_at_rest();
    ASSERT_TRUE(agrees(metrics, ledger));
    for (const Ledger& row : ledger.at("nodes")) {
        if (row.at("status") != "success") continue;
        const double seconds = metrics.sum("workflow_node_duration_seconds_sum",
                                           {{"node_id", row.at("node_id")}, {"status", "success"}});
        EXPECT_LE(row.at("count").get<double>() * 0.001, seconds) << row;
        EXPECT_LE(seconds, row.at("seconds").get<double>()) << row;
    }
}

INSTANTIATE_TEST_SUITE_P(Targets, DurationsTest, testing::ValuesIn(all_targets()), name_of_target);

}  // namespace
}  // namespace flowtap::system_test::counts_test
