// SPDX-License-Identifier: Apache-2.0
// What begins with the first object of a class: everything with --attach-on-use, and hardware watches by
// default.
#include <gmock/gmock.h>

#include "eventually.h"
#include "flowtap_daemon.h"
#include "probed_bytes.h"
#include "target.h"

namespace flowtap::system_test::on_use_test {
namespace {

const std::string kNodesObserved = "now observed: kailash/node";
const std::string kCyclicObserved = "now observed: kailash/cyclic-runtime";

class FirstObjectTest : public TargetTest {
protected:
    static double begun(const Exposition& metrics, const std::string& name) {
        return metrics.sum(name, {{"status", "started"}});
    }
    static double started_workflows(const Ledger& ledger) {
        double sum = 0;
        for (const auto& [id, row] : ledger.at("workflows").items()) sum += row.at("started").get<double>();
        return sum;
    }
    static double started_nodes(const Ledger& ledger) {
        double sum = 0;
        for (const Ledger& row : ledger.at("nodes"))
            if (row.at("status") == "started") sum += row.at("count").get<double>();
        return sum;
    }
    // The first round makes the first objects: what is missing of it is counted and said. The second is
    // whole.
    static void expect_counted_from_first_objects(Workload& workload, FlowtapDaemon& flowtap,
                                                  const std::string& observed, const std::string& name,
                                                  double (*in_ledger)(const Ledger&)) {
        const double counted = in_ledger(workload.run_round());
        ASSERT_TRUE(eventually([&] { return flowtap.child().errors().find(observed) != std::string::npos; }))
            << flowtap.child().errors();
        const Exposition after_first = flowtap.scrape();
        EXPECT_GT(counted, 0);
        EXPECT_LE(begun(after_first, name), counted);
        if (begun(after_first, name) < counted) {
            EXPECT_GT(after_first.sum("flowtap_functions_run_unobserved_total"), 0) << "a silent loss";
            EXPECT_THAT(flowtap.child().errors(), testing::HasSubstr("those executions are not counted"));
        }
        workload.reset();
        // A node's end may wait for the rest of its call for up to a second.
        EXPECT_TRUE(eventually([&] { return flowtap.scrape().sum("workflow_node_executions_active") == 0; }));
        const Exposition before = flowtap.scrape_at_rest();
        const Ledger second = workload.run_round();
        EXPECT_TRUE(eventually([&] { return bool(agrees(flowtap.scrape().since(before), second)); }))
            << agrees(flowtap.scrape().since(before), second);
    }
};

class OnUseTest : public FirstObjectTest {
protected:
    static Workload started() { return Workload(target().command({"--shape", "sync", "--runs", "3"})); }
    static FlowtapDaemon watching(const Workload& workload) {
        std::vector<std::string> options = target().watch({&workload});
        options.emplace_back("--attach-on-use");
        return FlowtapDaemon(options);
    }
    static double waiting(const FlowtapDaemon& flowtap) {
        return flowtap.scrape().sum("flowtap_points", {{"state", "waiting"}});
    }
};

TEST_P(OnUseTest, ThereAreNoProbesBeforeTheFirstObject) {
    Workload workload = started();
    const std::set<std::uint64_t> addresses = planned_addresses(workload.pid());
    const CodeBytes original = code_bytes(workload.pid(), addresses);
    FlowtapDaemon flowtap = watching(workload);
    EXPECT_GT(waiting(flowtap), 0);
    EXPECT_EQ(flowtap.scrape().sum("flowtap_targets", {{"state", "attached"}}), 1);
    EXPECT_EQ(code_bytes(workload.pid(), addresses), original);
    EXPECT_EQ(workload.leave(), 0);
}

TEST_P(OnUseTest, CountsFromTheFirstObjectAndReportsWhatRanBefore) {
    Workload workload = started();
    FlowtapDaemon flowtap = watching(workload);
    expect_counted_from_first_objects(workload, flowtap, kNodesObserved, "workflow_node_executions_total",
                                      started_nodes);
    EXPECT_EQ(workload.leave(), 0);
}

TEST_P(FirstObjectTest, HardwareWatchesBeginWithItAndReportWhatRanBefore) {
    skip_without_watches();
    if (IsSkipped()) return;
    Workload workload(target().command({"--shape", "parallel-cyclic", "--fail-every", "3"}));
    FlowtapDaemon flowtap(target().watch({&workload}));
    expect_counted_from_first_objects(workload, flowtap, kCyclicObserved, "workflow_executions_total",
                                      started_workflows);
    EXPECT_EQ(workload.leave(), 0);
}

INSTANTIATE_TEST_SUITE_P(Python, OnUseTest, testing::ValuesIn(python_targets()), name_of_target);
INSTANTIATE_TEST_SUITE_P(Python, FirstObjectTest, testing::ValuesIn(python_targets()), name_of_target);

}  // namespace
}  // namespace flowtap::system_test::on_use_test
