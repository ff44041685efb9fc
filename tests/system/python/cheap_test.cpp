// SPDX-License-Identifier: Apache-2.0
// --prefer cheap, the default: nodes observed by the context variable they set, and by what they raise
// outside of that.
#include <map>
#include <tuple>

#include "flowtap_daemon.h"
#include "target.h"

namespace flowtap::system_test::cheap_test {
namespace {

struct Load {
    const char* name;
    Workload::Options options;

    friend std::ostream& operator<<(std::ostream& out, const Load& load) { return out << load.name; }
};

using Case = std::tuple<Target, Load>;

std::string name_of_case(const testing::TestParamInfo<Case>& info) {
    return std::string(std::get<1>(info.param).name) + "_" + std::get<0>(info.param).name;
}

// Shapes whose nodes all come to Node.execute(), and one of classes that do not.
std::vector<Load> loads() {
    return {
        {"sync", {"--shape", "sync", "--fail-every", "3"}},
        {"failing", {"--shape", "failing"}},
        {"validation", {"--shape", "validation"}},
        {"nested", {"--shape", "nested", "--fail-every", "3"}},
        {"threads", {"--shape", "threads", "--threads", "4", "--fail-every", "3"}},
        {"async_sync", {"--shape", "async-sync", "--fail-every", "3"}},
        {"parallel", {"--shape", "parallel", "--fail-every", "3"}},
        {"override", {"--shape", "override", "--fail-every", "3"}},
    };
}

std::vector<std::string> watch_cheaply(const Target& target, const Workload& workload) {
    std::vector<std::string> options = target.watch({&workload});
    options.insert(options.end(), {"--prefer", "cheap"});
    return options;
}

class CheapTest : public SystemTest, public testing::WithParamInterface<Case> {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        const std::string missing = missing_program(std::get<0>(GetParam()));
        if (!IsSkipped() && !missing.empty()) GTEST_SKIP() << "missing: " << missing;
    }
};

TEST_P(CheapTest, CountsEachNodeAndItsStatus) {
    const auto& [target, load] = GetParam();
    Workload workload(target.command(load.options));
    FlowtapDaemon flowtap(watch_cheaply(target, workload));
    const Ledger ledger = workload.run_round();
    const Exposition metrics = flowtap.scrape();
    double total = 0;
    for (const Ledger& row : ledger.at("nodes")) {
        Labels labels;
        for (const char* key : {"workflow_id", "node_id", "node_type", "status"}) labels[key] = row.at(key);
        EXPECT_EQ(metrics.sum("workflow_node_executions_total", labels), row.at("count")) << row;
        total += row.at("count").get<double>();
    }
    EXPECT_GT(total, 0);
    EXPECT_EQ(metrics.sum("workflow_node_executions_total"), total) << "and nothing else";
    EXPECT_EQ(unpaired_executions(metrics), 0);
    EXPECT_GT(metrics.sum("flowtap_probe_hits_total", {{"probe", "python:variable-set"}}), 0);
    EXPECT_TRUE(identity_holds(metrics));
    EXPECT_TRUE(no_event_vanished(metrics));
    EXPECT_EQ(workload.leave(), 0);
}

INSTANTIATE_TEST_SUITE_P(Python, CheapTest,
                         testing::Combine(testing::ValuesIn(python_targets()), testing::ValuesIn(loads())),
                         name_of_case);

class CheapErrorsTest : public TargetTest {};

// What leaves execute(), as the program's caller sees it, not what run() raised.
TEST_P(CheapErrorsTest, HaveTheTypeThatTheCallerSees) {
    Workload workload(target().command({"--shape", "sync", "--fail-every", "3"}));
    FlowtapDaemon flowtap(watch_cheaply(target(), workload));
    const Ledger ledger = workload.run_round();
    const Exposition metrics = flowtap.scrape();
    double of_nodes = 0;
    for (const Ledger& row : ledger.at("errors")) {
        const auto node = row.at("node_id").get<std::string>();
        if (node.empty()) continue;
        const auto type = row.at("error_type").get<std::string>();
        EXPECT_EQ(metrics.sum("workflow_errors_total", {{"node_id", node}, {"error_type", type}}),
                  row.at("count"))
            << row;
        of_nodes += row.at("count").get<double>();
    }
    EXPECT_GT(of_nodes, 0);
    EXPECT_EQ(workload.leave(), 0);
}

INSTANTIATE_TEST_SUITE_P(Python, CheapErrorsTest, testing::ValuesIn(python_targets()), name_of_target);

}  // namespace
}  // namespace flowtap::system_test::cheap_test
