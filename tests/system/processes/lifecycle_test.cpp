// SPDX-License-Identifier: Apache-2.0
// Executions that are seen only in part, or while they run: held, killed, under way at the attach.
#include <csignal>

#include "flowtap_daemon.h"
#include "target.h"

namespace flowtap::system_test::lifecycle_test {
namespace {

class LifecycleTest : public TargetTest {
protected:
    static bool is_python() { return target().held_type == "HoldNode"; }
    static Labels held_workflow() { return {{"workflow_id", "held"}}; }
    static Labels held_node() {
        return {{"workflow_id", "held"}, {"node_id", "gate"}, {"node_type", target().held_type}};
    }
    static Labels with_status(Labels labels, const char* status) {
        labels["status"] = status;
        return labels;
    }

    // What must hold while the target waits in the node "gate" of the workflow "held", and nowhere else.
    static void expect_held(const Exposition& metrics) {
        EXPECT_TRUE(identity_holds(metrics));
        EXPECT_EQ(metrics.sum("active_workflows"), 1);
        EXPECT_EQ(metrics.sum("workflow_executions_active", held_workflow()), 1);
        EXPECT_EQ(metrics.sum("workflow_node_executions_active"), 1);
        EXPECT_EQ(metrics.sum("workflow_node_executions_active", held_node()), 1);
    }

    // The target ends inside that node: what it left open is aborted, and nothing stays active.
    static void expect_aborted(const FlowtapDaemon& flowtap) {
        EXPECT_TRUE(eventually([&] {
            return flowtap.scrape().sum("workflow_executions_total", {{"status", "aborted"}}) > 0;
        }));
        const Exposition metrics = flowtap.scrape();
        EXPECT_TRUE(identity_holds(metrics));
        for (const char* status : {"started", "aborted"}) {
            EXPECT_EQ(metrics.sum("workflow_executions_total", with_status(held_workflow(), status)), 1)
                << status;
            EXPECT_EQ(metrics.sum("workflow_node_executions_total", with_status(held_node(), status)), 1)
                << status;
        }
        EXPECT_EQ(metrics.sum("workflow_executions_total", {{"status", "aborted"}}), 1);
        EXPECT_EQ(metrics.sum("workflow_node_executions_total", {{"status", "aborted"}}), 1);
        EXPECT_EQ(metrics.sum("active_workflows"), 0);
        EXPECT_EQ(metrics.sum("workflow_node_executions_active"), 0);
        EXPECT_EQ(metrics.sum("workflow_oldest_active_seconds"), 0);
        EXPECT_TRUE(eventually([&] {
            return flowtap.scrape().sum("flowtap_targets", {{"state", "gone"}}) == 1;
        }));
    }
};

TEST_P(LifecycleTest, AHeldExecutionIsActiveAndAgesUntilItIsReleased) {
    Workload workload(target().command({"--runs", "3", "--hold"}));
    FlowtapDaemon flowtap(target().watch({&workload}));
    workload.run_until_held();
    const Exposition before = flowtap.scrape();
    expect_held(before);
    const double age = before.sum("workflow_oldest_active_seconds", held_workflow());
    EXPECT_GT(age, 0);
    EXPECT_TRUE(eventually(
        [&] { return flowtap.scrape().sum("workflow_oldest_active_seconds", held_workflow()) > age; }));

    workload.release();
    const Ledger ledger = workload.report();
    const Exposition after = flowtap.scrape_at_rest();
    EXPECT_TRUE(agrees(after, ledger));
    EXPECT_EQ(after.sum("active_workflows"), 0);
    EXPECT_EQ(after.sum("workflow_node_executions_active"), 0);
    EXPECT_EQ(after.sum("workflow_oldest_active_seconds"), 0);
}

TEST_P(LifecycleTest, AKilledProcessAbortsWhatItLeftOpen) {
    Workload workload(target().command({"--runs", "3", "--hold"}));
    FlowtapDaemon flowtap(target().watch({&workload}));
    workload.run_until_held();
    expect_held(flowtap.scrape());
    workload.child().signal(SIGKILL);
    EXPECT_EQ(workload.child().wait(), 128 + SIGKILL);
    expect_aborted(flowtap);
}

TEST_P(LifecycleTest, AProcessThatEndsItselfInsideANodeAbortsIt) {
    Workload workload(
        target().command(is_python() ? Workload::Options{"--runs", "3", "--hold", "--exit-mode", "os._exit"}
                                     : Workload::Options{"--runs", "3", "--hold"}));
    FlowtapDaemon flowtap(target().watch({&workload}));
    workload.run_until_held();
    workload.child().send_line("die");
    EXPECT_EQ(workload.child().wait(), is_python() ? 0 : 128 + SIGKILL);
    expect_aborted(flowtap);
}

TEST_P(LifecycleTest, AfterANormalExitTheCountsStayAndTheTargetIsGone) {
    Workload workload(target().command({"--runs", "3"}));
    FlowtapDaemon flowtap(target().watch({&workload}));
    EXPECT_EQ(flowtap.scrape().sum("flowtap_targets", {{"state", "attached"}}), 1);
    const Ledger ledger = workload.run_round();
    EXPECT_EQ(workload.leave(), 0);
    EXPECT_TRUE(eventually([&] {
        return flowtap.scrape().sum("flowtap_targets", {{"state", "gone"}}) == 1;
    }));
    const Exposition metrics = flowtap.scrape_at_rest();
    EXPECT_EQ(metrics.sum("flowtap_targets", {{"state", "attached"}}), 0);
    EXPECT_TRUE(agrees(metrics, ledger));
}

TEST_P(LifecycleTest, WhatWasUnderWayAtTheAttachIsNoExecution) {
    Workload workload(target().command({"--runs", "3", "--hold"}));
    workload.run_until_held();
    // A node that is seen by a context variable is not known to be under way.
    std::vector<std::string> options = target().watch({&workload});
    options.insert(options.end(), {"--prefer", "complete"});
    FlowtapDaemon flowtap(options);
    EXPECT_EQ(flowtap.scrape().sum("active_workflows"), 0);
    workload.release();
    workload.report();
    workload.reset();

    const Exposition before = flowtap.scrape_at_rest();
    EXPECT_EQ(before.sum("workflow_executions_total"), 0);
    EXPECT_EQ(before.sum("workflow_node_executions_total", held_node()), 0);
    EXPECT_EQ(before.sum("active_workflows"), 0);
    // The workflow and its node.
    EXPECT_EQ(before.sum("flowtap_executions_unpaired_total", {{"reason", "in_flight_at_attach"}}), 2);
    // Nodes of that workflow that began after the attach are counted, and their workflow is not.
    const double without_workflow =
        before.sum("flowtap_executions_unpaired_total", {{"reason", "node_without_workflow"}});
    EXPECT_EQ(without_workflow, before.sum("workflow_node_executions_total", {{"status", "started"}}));
    EXPECT_EQ(before.sum("flowtap_executions_unpaired_total"), 2 + without_workflow);

    workload.run_until_held();
    workload.release();
    const Ledger ledger = workload.report();
    EXPECT_TRUE(agrees(flowtap.scrape_at_rest().since(before), ledger));
}

// A coroutine that was suspended at the attach is seen when it goes on, and known to have begun before.
TEST_P(LifecycleTest, ACoroutineUnderWayAtTheAttachIsUnpaired) {
    if (!is_python()) GTEST_SKIP() << "missing: coroutines, in a native target";
    Workload workload(target().command({"--shape", "async", "--runs", "3", "--hold"}));
    workload.run_until_held();
    FlowtapDaemon flowtap(target().watch({&workload}));
    workload.release();
    workload.report();
    const Exposition metrics = flowtap.scrape();
    EXPECT_EQ(metrics.sum("workflow_executions_total"), 0);
    EXPECT_EQ(metrics.sum("workflow_node_executions_total", {{"node_id", "gate"}}), 0);
    EXPECT_GE(metrics.sum("flowtap_executions_unpaired_total", {{"reason", "in_flight_at_attach"}}), 1);
    EXPECT_EQ(metrics.sum("active_workflows"), 0);
}

TEST_P(LifecycleTest, EveryScrapeUnderLoadIsConsistent) {
    Workload workload(target().command(target().load));
    FlowtapDaemon flowtap(target().watch({&workload}));
    workload.start_round();
    ASSERT_TRUE(eventually([&] { return flowtap.scrape().has("workflow_node_executions_total"); }));
    int during = 0;
    double most_active = 0;
    while (!workload.child().has_line()) {
        const Exposition metrics = flowtap.scrape();
        ASSERT_TRUE(identity_holds(metrics)) << "in scrape " << during;
        most_active = std::max(most_active, metrics.sum("active_workflows"));
        ++during;
    }
    RecordProperty("scrapes", during);
    EXPECT_GT(during, 0);
    EXPECT_LE(most_active, 3) << "more than there are threads";
    const Ledger of_workload = workload.report();
    EXPECT_TRUE(agrees(flowtap.scrape_at_rest(), of_workload));
}

INSTANTIATE_TEST_SUITE_P(Targets, LifecycleTest, testing::ValuesIn(all_targets()), name_of_target);

}  // namespace
}  // namespace flowtap::system_test::lifecycle_test
