// SPDX-License-Identifier: Apache-2.0
// --attach-on-use: no probes before the program has made a runtime or node.
#include <gmock/gmock.h>

#include "eventually.h"
#include "flowtap_daemon.h"
#include "probed_bytes.h"
#include "target.h"

namespace flowtap::system_test::on_use_test {
namespace {

const std::string kNodesObserved = "now observed: kailash/node";

class OnUseTest : public TargetTest {
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
    static double started_nodes(const Exposition& metrics) {
        return metrics.sum("workflow_node_executions_total", {{"status", "started"}});
    }
};

TEST_P(OnUseTest, NothingIsInAProgramThatHasMadeNoObject) {
    Workload workload = started();
    const std::set<std::uint64_t> addresses = planned_addresses(workload.pid());
    const CodeBytes original = code_bytes(workload.pid(), addresses);
    FlowtapDaemon flowtap = watching(workload);
    EXPECT_GT(waiting(flowtap), 0);
    EXPECT_EQ(flowtap.scrape().sum("flowtap_targets", {{"state", "attached"}}), 1);
    EXPECT_EQ(code_bytes(workload.pid(), addresses), original);
    EXPECT_EQ(workload.leave(), 0);
}

TEST_P(OnUseTest, ItIsCountedFromItsFirstObjectsOnAndWhatRanBeforeIsSaid) {
    Workload workload = started();
    FlowtapDaemon flowtap = watching(workload);
    const Ledger first = workload.run_round();
    ASSERT_TRUE(eventually([&] {
        return flowtap.child().errors().find(kNodesObserved) != std::string::npos;
    })) << flowtap.child().errors();
    const Exposition after_first = flowtap.scrape();
    double nodes = 0;
    for (const Ledger& row : first.at("nodes"))
        if (row.at("status") == "started") nodes += row.at("count").get<double>();
    EXPECT_GT(nodes, 0);
    EXPECT_LE(started_nodes(after_first), nodes);
    if (started_nodes(after_first) < nodes) {
        EXPECT_GT(after_first.sum("flowtap_functions_run_unobserved_total"), 0) << "a silent loss";
        EXPECT_THAT(flowtap.child().errors(), testing::HasSubstr("what ran before is not counted"));
    }
    workload.reset();
    const Exposition before = flowtap.scrape();
    const Ledger second = workload.run_round();
    EXPECT_TRUE(agrees(flowtap.scrape().since(before), second));
    EXPECT_EQ(workload.leave(), 0);
}

INSTANTIATE_TEST_SUITE_P(Python, OnUseTest, testing::ValuesIn(python_targets()), name_of_target);

}  // namespace
}  // namespace flowtap::system_test::on_use_test
