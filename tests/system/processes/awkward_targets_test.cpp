// SPDX-License-Identifier: Apache-2.0
// Targets that are stopped, that end while flowtap attaches, and whose file becomes another one.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "flowtap_daemon.h"
#include "paths.h"
#include "system_test.h"
#include "temporary_directory.h"
#include "workload.h"

namespace flowtap::system_test::awkward_targets_test {
namespace {

namespace fs = std::filesystem;

constexpr int kNoTarget = 4;

class AwkwardTargetsTest : public SystemTest {
protected:
    static testing::AssertionResult counts_a_round(const FlowtapDaemon& flowtap, Workload& workload) {
        workload.reset();
        const Exposition before = flowtap.scrape_at_rest();
        const Ledger ledger = workload.run_round();
        return agrees(flowtap.scrape_at_rest().since(before), ledger);
    }

    TemporaryDirectory directory_;
};

TEST_F(AwkwardTargetsTest, AStoppedProcessIsAttachedToAndCountedOnceItGoesOn) {
    Workload workload({kEngineC, "--runs", "20", "--fail-every", "3"});
    workload.child().signal(SIGSTOP);
    FlowtapDaemon flowtap({"--profile", kEngineCProfile, "--pid", workload.pid_text()});
    EXPECT_EQ(flowtap.scrape().sum("flowtap_targets", {{"state", "attached"}}), 1);
    workload.start_round();
    workload.child().signal(SIGCONT);
    const Ledger ledger = workload.report();
    EXPECT_TRUE(agrees(flowtap.scrape_at_rest(), ledger));
    workload.child().signal(SIGSTOP);
    EXPECT_EQ(flowtap.stop(SIGTERM), 0);
    workload.child().signal(SIGCONT);
    EXPECT_FALSE(workload.run_round().empty());
}

// At whatever moment that happens, flowtap refuses it as no target, or has it and sees its end.
TEST_F(AwkwardTargetsTest, AProcessThatEndsWhileItIsAttachedTo) {
    for (int delay_ms : {0, 5, 10, 20, 40, 80, 160}) {
        Workload workload({kEngineC});
        Child flowtap({kFlowtap, "run", "--listen", "127.0.0.1:0", "--profile", kEngineCProfile, "--pid",
                       workload.pid_text()});
        std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms));
        workload.child().signal(SIGKILL);
        ASSERT_EQ(workload.child().wait(), 128 + SIGKILL);
        const auto serves = [&] { return flowtap.errors().find("serving") != std::string::npos; };
        ASSERT_TRUE(eventually([&] { return serves() || flowtap.poll_status(); }));
        if (serves()) flowtap.signal(SIGTERM);
        EXPECT_EQ(flowtap.wait(), serves() ? 0 : kNoTarget) << delay_ms << " ms: " << flowtap.errors();
    }
}

// What is remembered of a file is of one version of it.
TEST_F(AwkwardTargetsTest, TheSameFileWithOtherCodeInIt) {
    const std::string path = directory_ / "engine_c";
    FlowtapDaemon flowtap({"--profile", kEngineCProfile, "--match", path});
    fs::copy_file(kEngineC, path);
    Workload first({path, "--runs", "5"});
    ASSERT_TRUE(flowtap.attaches_to(first.pid())) << flowtap.child().errors();
    EXPECT_TRUE(counts_a_round(flowtap, first));
    EXPECT_EQ(first.leave(), 0);

    // In place: the inode stays.
    std::ofstream(path, std::ios::binary | std::ios::trunc) << std::ifstream(kEngineCUnoptimised).rdbuf();
    Workload second({path, "--runs", "5"});
    ASSERT_TRUE(flowtap.attaches_to(second.pid())) << flowtap.child().errors();
    EXPECT_TRUE(counts_a_round(flowtap, second));
}

TEST_F(AwkwardTargetsTest, AnotherFileAtTheSamePathBesideTheOldOneThatStillRuns) {
    const std::string path = directory_ / "engine_c";
    FlowtapDaemon flowtap({"--profile", kEngineCProfile, "--match", path});
    fs::copy_file(kEngineC, path);
    Workload first({path, "--runs", "5"});
    ASSERT_TRUE(flowtap.attaches_to(first.pid())) << flowtap.child().errors();
    fs::copy_file(kEngineCUnoptimised, directory_ / "newer");
    fs::rename(directory_ / "newer", path);
    Workload second({path, "--runs", "7"});
    ASSERT_TRUE(flowtap.attaches_to(second.pid())) << flowtap.child().errors();
    EXPECT_TRUE(counts_a_round(flowtap, first));
    EXPECT_TRUE(counts_a_round(flowtap, second));
}

}  // namespace
}  // namespace flowtap::system_test::awkward_targets_test
