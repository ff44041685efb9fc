// SPDX-License-Identifier: Apache-2.0
// Executions known by a number that the engine tells, because they go on on other threads:
// tests/native/hops.cpp.
#include <csignal>
#include <cstdlib>
#include <ostream>

#include "flowtap_daemon.h"
#include "paths.h"
#include "system_test.h"
#include "temporary_directory.h"
#include "workload.h"

namespace flowtap::system_test::hops_test {
namespace {

struct Build {
    const char* name;
    const char* flags;
    const char* profile = "hops.yaml";

    friend std::ostream& operator<<(std::ostream& out, const Build& build) { return out << build.name; }
};

const Build kBuilds[] = {
    {"optimised", "-O2 -g0"},
    {"optimised_by_name", "-O2 -g", "hops_by_name.yaml"},
    {"unoptimised_by_name", "-O0 -g", "hops_by_name.yaml"},
};

class Hops : public SystemTest {
protected:
    void build(const Build& build) {
        if (IsSkipped()) return;
        if (std::system("command -v cc g++ >/dev/null") != 0) GTEST_SKIP() << "missing: cc or g++";
        profile_ = std::string(kTestsDirectory) + "/native/" + build.profile;
        const std::string sources = std::string(kTestsDirectory) + "/native/";
        const std::string command = "cd " + directory_.text() + " && cc -O2 -c " + sources + "harness.c " +
                                    sources + "ledger.c && g++ -std=c++20 -pthread " + build.flags +
                                    " -o hops " + sources + "hops.cpp harness.o ledger.o";
        ASSERT_EQ(std::system(command.c_str()), 0) << command;
    }

    [[nodiscard]] std::vector<std::string> program(const Workload::Options& options) const {
        std::vector<std::string> command{directory_ / "hops", "--runs", "5"};
        command.insert(command.end(), options.begin(), options.end());
        return command;
    }
    [[nodiscard]] std::vector<std::string> watch(const Workload& workload) const {
        return {"--profile", profile_, "--pid", workload.pid_text()};
    }

    // Each pauses for 2 ms at least, and the program's own brackets lie around what is measured.
    static void expect_durations_within(const Exposition& metrics, const Ledger& ledger) {
        for (const Ledger& row : ledger.at("nodes")) {
            if (row.at("status") == "started") continue;
            const double measured =
                metrics.sum("workflow_node_duration_seconds_sum",
                            {{"node_id", row.at("node_id")}, {"status", row.at("status")}});
            EXPECT_GE(measured, 0.002 * row.at("count").get<double>()) << row;
            EXPECT_LE(measured, row.at("seconds").get<double>()) << row;
        }
        const double measured = metrics.sum("workflow_duration_seconds_sum", {{"workflow_id", "hops"}});
        EXPECT_GE(measured, 0.002 * ledger.at("workflows").at("hops").at("success").get<double>());
        EXPECT_LE(measured, ledger.at("workflows").at("hops").at("seconds").get<double>());
    }

    TemporaryDirectory directory_;
    std::string profile_;
};

class HopsBuilt : public Hops, public testing::WithParamInterface<Build> {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        build(GetParam());
    }
};

TEST_P(HopsBuilt, AreCountedAndTimedAsTheProgramDoes) {
    Workload unwatched(program({}));
    const Ledger alone = unwatched.run_round();
    EXPECT_EQ(unwatched.leave(), 0);

    Workload workload(program({}));
    FlowtapDaemon flowtap(watch(workload));
    const Ledger ledger = workload.run_round();
    EXPECT_TRUE(same_counts(ledger, alone)) << "the probes changed what the program does";
    const Exposition metrics = flowtap.scrape_at_rest();
    EXPECT_TRUE(agrees(metrics, ledger));
    EXPECT_TRUE(identity_holds(metrics));
    expect_durations_within(metrics, ledger);
    // Nobody knows when they were suspended.
    EXPECT_EQ(metrics.sum("workflow_node_running_seconds_total"), 0);
    EXPECT_EQ(flowtap.stop(SIGTERM), 0);
    EXPECT_EQ(workload.leave(), 0);
}

TEST_P(HopsBuilt, WhatIsUnderWayAtTheAttachIsCountedAsThat) {
    Workload workload(program({"--hold"}));
    workload.run_until_held();
    FlowtapDaemon flowtap(watch(workload));
    workload.release();
    workload.report();
    workload.reset();
    const Exposition before = flowtap.scrape_at_rest();
    EXPECT_EQ(before.sum("workflow_executions_total"), 0);
    EXPECT_EQ(before.sum("workflow_node_executions_total"), 0);
    // Two tasks, the workflow, and the two fibres that return; nothing tells of the one that an exception
    // left.
    EXPECT_EQ(before.sum("flowtap_executions_unpaired_total", {{"reason", "in_flight_at_attach"}}), 5);
    workload.run_until_held();
    EXPECT_EQ(flowtap.scrape().sum("active_workflows"), 1);
    EXPECT_EQ(flowtap.scrape().sum("workflow_node_executions_active"), 5);
    workload.release();
    const Ledger ledger = workload.report();
    EXPECT_TRUE(agrees(flowtap.scrape_at_rest().since(before), ledger));
    EXPECT_EQ(workload.leave(), 0);
}

INSTANTIATE_TEST_SUITE_P(Builds, HopsBuilt, testing::ValuesIn(kBuilds),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_F(Hops, AKeyUsedAgainEndsWhatWasOpenAndSaysSo) {
    build(kBuilds[0]);
    if (IsSkipped()) return;
    Workload workload(program({"--way", "reused"}));
    FlowtapDaemon flowtap(watch(workload));
    workload.run_round();
    const Exposition metrics = flowtap.scrape();
    const auto count = [&](const char* node, const char* status) {
        return metrics.sum("workflow_node_executions_total", {{"node_id", node}, {"status", status}});
    };
    EXPECT_EQ(count("lost", "aborted"), 5);
    EXPECT_EQ(count("kept", "success"), 5);
    EXPECT_EQ(metrics.sum("flowtap_executions_unpaired_total", {{"reason", "left_without_return"}}), 5);
    EXPECT_TRUE(identity_holds(metrics));
    EXPECT_EQ(workload.leave(), 0);
}

}  // namespace
}  // namespace flowtap::system_test::hops_test
