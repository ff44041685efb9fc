// SPDX-License-Identifier: Apache-2.0
// Events that find no room in the kernel's tables are counted exactly. An end may be late but is never lost.
#include <csignal>
#include <cstdlib>

#include "flowtap_daemon.h"
#include "paths.h"
#include "target.h"
#include "temporary_directory.h"
#include "workload.h"

namespace flowtap::system_test::loss_test {
namespace {

double started(const Exposition& metrics) {
    return metrics.sum("workflow_executions_total", {{"status", "started"}}) +
           metrics.sum("workflow_node_executions_total", {{"status", "started"}});
}

double started(const Ledger& ledger) {
    double count = 0;
    for (const Ledger& workflow : ledger.at("workflows")) count += workflow.at("started").get<double>();
    for (const Ledger& row : ledger.at("nodes"))
        if (row.at("status") == "started") count += row.at("count").get<double>();
    return count;
}

double lost(const Exposition& metrics, const std::string& reason) {
    return metrics.sum("flowtap_events_lost_total", {{"reason", reason}});
}

// Losses of begins, and of exceptions that leave executions. Lost ends of threads and processes are left out.
double lost_by_probes(const Exposition& metrics) {
    double count = 0;
    for (const Sample& sample : metrics.samples()) {
        const bool begin = sample.name == "flowtap_probe_events_lost_total" &&
                           sample.labels.at("probe") != "process:exit" &&
                           sample.labels.at("reason") != "end_buffer_full";
        count += begin ? sample.value : 0;
    }
    return count;
}

double active(const Exposition& metrics) {
    return metrics.sum("active_workflows") + metrics.sum("workflow_node_executions_active");
}

double ended_without_begin(const Exposition& metrics) {
    return metrics.sum("flowtap_executions_unpaired_total", {{"reason", "end_without_begin"}});
}

// The sums that hold whatever was lost, while the target rests.
void expect_exact_sums(const Exposition& metrics, const Ledger& ledger) {
    EXPECT_TRUE(no_event_vanished(metrics));
    EXPECT_TRUE(identity_holds(metrics));
    EXPECT_LE(started(metrics), started(ledger));
    EXPECT_GE(started(metrics) + lost_by_probes(metrics), started(ledger));
    EXPECT_EQ(lost(metrics, "end_buffer_full"), 0);
    EXPECT_EQ(ended_without_begin(metrics), 0);
    EXPECT_EQ(active(metrics), 0);
}

class LossTest : public TargetTest {
protected:
    static std::vector<std::string> watch(const Workload& workload, const std::vector<std::string>& sizes) {
        std::vector<std::string> options = target().watch({&workload});
        options.insert(options.end(), sizes.begin(), sizes.end());
        return options;
    }
};

TEST_P(LossTest, WithTheSmallestRingBufferTheSumsAreExact) {
    Workload workload(target().command(target().load));
    FlowtapDaemon flowtap(watch(workload, {"--events-buffer", "4KiB"}));
    flowtap.child().signal(SIGSTOP);
    workload.run_round();
    flowtap.child().signal(SIGCONT);
    const Ledger ledger = workload.run_round();
    const Exposition metrics = flowtap.scrape();
    EXPECT_GT(lost(metrics, "ring_buffer_full"), 0);
    EXPECT_EQ(metrics.sum("flowtap_events_buffer_size_bytes"), 4096);
    EXPECT_GT(metrics.sum("flowtap_events_buffer_used_bytes"), 2048);
    expect_exact_sums(metrics, ledger);
    EXPECT_EQ(workload.leave(), 0);
}

INSTANTIATE_TEST_SUITE_P(Targets, LossTest, testing::ValuesIn(all_targets()), name_of_target);

// Where no exception leaves an execution, each loss is one execution.
void expect_exact_counts(const Exposition& metrics, const Ledger& ledger) {
    expect_exact_sums(metrics, ledger);
    EXPECT_EQ(started(metrics) + lost_by_probes(metrics), started(ledger));
}

class BurstsTest : public SystemTest {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (IsSkipped()) return;
        if (std::system("command -v cc >/dev/null") != 0) GTEST_SKIP() << "missing: cc";
        const std::string sources = std::string(kTestsDirectory) + "/native/";
        const std::string command = "cd " + directory_.text() + " && cc -O2 -pthread -o bursts " + sources +
                                    "bursts.c " + sources + "harness.c " + sources + "ledger.c";
        ASSERT_EQ(std::system(command.c_str()), 0) << command;
    }

    [[nodiscard]] std::vector<std::string> program(std::vector<std::string> options) const {
        options.insert(options.begin(), directory_ / "bursts");
        return options;
    }
    [[nodiscard]] static std::vector<std::string> watch(const Workload& workload,
                                                        std::vector<std::string> sizes) {
        sizes.insert(sizes.begin(), {"--profile", std::string(kTestsDirectory) + "/native/bursts.yaml",
                                     "--pid", workload.pid_text()});
        return sizes;
    }

    TemporaryDirectory directory_;
};

// The begins are in the ring buffer, behind the end of a thread; the ends found it full.
TEST_F(BurstsTest, EndsThatComeLateAreThoseOfTheirBegins) {
    Workload workload(program({"--runs", "100", "--nodes", "200"}));
    FlowtapDaemon flowtap(watch(workload, {"--events-buffer", "64KiB"}));
    flowtap.child().signal(SIGSTOP);
    const Ledger ledger = workload.run_round();
    flowtap.child().signal(SIGCONT);
    const Exposition metrics = flowtap.scrape();
    EXPECT_GT(lost(metrics, "ring_buffer_full"), 0);
    expect_exact_counts(metrics, ledger);
    EXPECT_EQ(metrics.sum("workflow_executions_total", {{"status", "success"}}), 100);
    EXPECT_EQ(workload.leave(), 0);
}

// Half of the ends are late, and the others come while those are read; and all of it again, with the same
// keys.
TEST_F(BurstsTest, LateEndsAreReadOnceWhileOthersEnd) {
    Workload workload(program({"--runs", "4000", "--nodes", "4000", "--hold"}));
    FlowtapDaemon flowtap(watch(workload, {"--events-buffer", "1MiB"}));
    Ledger ledger;
    for (int round = 0; round < 2; ++round) {
        flowtap.child().signal(SIGSTOP);
        workload.run_until_held();
        flowtap.child().signal(SIGCONT);
        workload.release();
        ledger = workload.report();
    }
    const Exposition metrics = flowtap.scrape();
    EXPECT_GT(lost(metrics, "ring_buffer_full"), 0);
    expect_exact_counts(metrics, ledger);
    EXPECT_EQ(workload.leave(), 0);
}

TEST_F(BurstsTest, WithTheSmallestTableOfOpenExecutionsTheSumsAreExact) {
    Workload workload(program({"--runs", "500", "--nodes", "10", "--hold"}));
    FlowtapDaemon flowtap(watch(workload, {"--max-open-executions", "16"}));
    workload.run_until_held();
    const Exposition held = flowtap.scrape();
    EXPECT_GT(lost(held, "open_map_share"), 0);
    EXPECT_EQ(held.sum("flowtap_max_open_executions"), 16);
    workload.release();
    const Ledger ledger = workload.report();
    expect_exact_counts(flowtap.scrape(), ledger);
    EXPECT_EQ(workload.leave(), 0);
}

// Whatever one process has open, a quarter of the table is for the others.
TEST_F(BurstsTest, OneProcessDoesNotTakeTheRoomOfAnother) {
    Workload greedy(program({"--runs", "500", "--nodes", "10", "--hold"}));
    Workload modest({kEngineC, "--runs", "5"});
    std::vector<std::string> options = watch(greedy, {"--max-open-executions", "256"});
    for (const std::string& word :
         {std::string("--profile"), std::string(kEngineCProfile), std::string("--pid"), modest.pid_text()})
        options.push_back(word);
    FlowtapDaemon flowtap(options);
    greedy.run_until_held();
    const Exposition held = flowtap.scrape();
    EXPECT_GT(lost(held, "open_map_share"), 0);
    EXPECT_LE(active(held), 192);
    const Ledger ledger = modest.run_round();
    const Exposition after = flowtap.scrape();
    EXPECT_EQ(started(after.since(held)), started(ledger));
    EXPECT_EQ(lost(after, "open_map_full"), 0);
    EXPECT_EQ(lost(after, "open_map_share"), lost(held, "open_map_share"));
    greedy.release();
    greedy.report();
    const Exposition at_rest = flowtap.scrape();
    EXPECT_TRUE(identity_holds(at_rest));
    EXPECT_TRUE(no_event_vanished(at_rest));
    EXPECT_EQ(active(at_rest), 0);
    EXPECT_EQ(greedy.leave(), 0);
    EXPECT_EQ(modest.leave(), 0);
}

// Nothing tells of the process's end: its record found no room either.
TEST_F(BurstsTest, AProcessKilledUnseenEndsAfterItsLastEvent) {
    Workload workload(program({"--runs", "100", "--nodes", "200", "--hold"}));
    FlowtapDaemon flowtap(watch(workload, {"--events-buffer", "64KiB"}));
    flowtap.child().signal(SIGSTOP);
    workload.run_until_held();
    workload.child().signal(SIGKILL);
    EXPECT_EQ(workload.child().wait(), 128 + SIGKILL);
    flowtap.child().signal(SIGCONT);
    EXPECT_TRUE(eventually([&] {
        return flowtap.scrape().sum("workflow_executions_total", {{"status", "aborted"}}) == 50;
    }));
    const Exposition metrics = flowtap.scrape();
    EXPECT_GT(metrics.sum("flowtap_probe_events_lost_total", {{"probe", "process:exit"}}), 0);
    EXPECT_EQ(metrics.sum("workflow_executions_total", {{"status", "success"}}), 50);
    EXPECT_EQ(ended_without_begin(metrics), 0);
    EXPECT_EQ(active(metrics), 0);
    EXPECT_TRUE(identity_holds(metrics));
    EXPECT_TRUE(no_event_vanished(metrics));
}

TEST_F(BurstsTest, TheTableOfOpenExecutionsSaysHowFullItIs) {
    Workload workload(program({"--runs", "300", "--nodes", "1", "--hold"}));
    FlowtapDaemon flowtap(watch(workload, {}));
    workload.run_until_held();
    EXPECT_TRUE(eventually([&] { return flowtap.scrape().sum("flowtap_open_executions") >= 150; }));
    workload.release();
    workload.report();
    EXPECT_TRUE(eventually([&] { return flowtap.scrape().sum("flowtap_open_executions") == 0; }));
    EXPECT_EQ(workload.leave(), 0);
}

}  // namespace
}  // namespace flowtap::system_test::loss_test
