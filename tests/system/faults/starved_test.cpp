// SPDX-License-Identifier: Apache-2.0
// The disk is full, or memory is short: flowtap says so or counts it, and its targets do not notice. Threads
// and descriptors: limits_test.cpp. Room in the kernel's tables: loss_test.cpp.
#include <csignal>
#include <fstream>

#include "contained.h"
#include "flowtap_daemon.h"
#include "paths.h"
#include "probed_bytes.h"
#include "resource_limits.h"
#include "system_test.h"
#include "temporary_directory.h"
#include "unit/http/http_client.h"
#include "workload.h"

namespace flowtap::system_test::starved_test {
namespace {

constexpr int kFailed = 1;
constexpr int kEnvironment = 3;
constexpr std::int64_t kMebibyte = 1 << 20;

Workload::Options engine() { return {kEngineC, "--runs", "300", "--nodes", "4", "--fail-every", "7"}; }

Ledger alone() {
    Workload workload(engine());
    return workload.run_round();
}

// A file system of a few pages, which only flowtap sees.
class FullDiskTest : public SystemTest {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (IsSkipped()) return;
        const std::string missing = missing_for({{"--mount"}, "mount -t tmpfs small " + directory_.text()});
        if (!missing.empty()) GTEST_SKIP() << "missing: " << missing;
    }
    // A program that becomes, on that disk, the one whose command follows. shell: of POSIX, run before.
    [[nodiscard]] std::vector<std::string> launcher(const std::string& shell) const {
        return {"/usr/bin/unshare",
                "--mount",
                "/bin/sh",
                "-ec",
                "mount -t tmpfs -o size=16k small " + directory_.text() + "\n" + shell + "exec \"$@\"",
                "sh"};
    }
    // The disk's path as this process sees it.
    [[nodiscard]] std::string disk_of(pid_t pid) const {
        return "/proc/" + std::to_string(pid) + "/root" + directory_.text();
    }
    // Takes all that is left of the disk.
    [[nodiscard]] std::string fill(pid_t pid) const {
        const std::string name = disk_of(pid) + "/fill";
        std::ofstream file(name);
        const std::string page(4096, 'x');
        while (file << page << std::flush) {
        }
        return name;
    }

    TemporaryDirectory directory_;
};

TEST_F(FullDiskTest, ATraceThatDoesNotFitIsAnErrorAndLeavesTheTargetUnchanged) {
    const Ledger expected = alone();
    Workload workload(engine());
    const std::vector<std::string> profile = {"--profile", kEngineCProfile};
    const auto addresses = planned_addresses(workload.pid(), profile);
    const CodeBytes original = code_bytes(workload.pid(), addresses);
    const std::string output = directory_ / "trace.json";
    std::vector<std::string> command = launcher("");
    command.insert(command.end(), {kFlowtap, "trace", "--pid", workload.pid_text(), "--output", output});
    command.insert(command.end(), profile.begin(), profile.end());
    Child trace(command);
    ASSERT_TRUE(eventually([&] {
        return trace.errors().find("recording") != std::string::npos || trace.poll_status();
    })) << trace.errors();
    EXPECT_TRUE(same_counts(workload.run_round(), expected));
    trace.signal(SIGINT);
    EXPECT_EQ(trace.wait(), kFailed) << trace.errors();
    EXPECT_NE(trace.errors().find(output + ": No space left on device (the file is incomplete"),
              std::string::npos)
        << trace.errors();
    EXPECT_EQ(trace.errors().find("wrote "), std::string::npos) << trace.errors();
    EXPECT_TRUE(eventually([&] { return code_bytes(workload.pid(), addresses) == original; }));
    EXPECT_EQ(workload.leave(), 0);
}

TEST_F(FullDiskTest, ALogThatDoesNotFitDropsLinesAndCountsThem) {
    const TemporaryDirectory elsewhere;
    Workload workload(engine());
    const std::string start = "pid: " + workload.pid_text() + "\nprofile: " + kEngineCProfile + "\n";
    const std::string config = elsewhere.write("config.yaml", start);
    const std::string log = directory_ / "log";
    FlowtapDaemon flowtap({"--config", config}, FlowtapDaemon::Listen::kAnyPort,
                          launcher("exec 2>" + log + "\n"), log);
    const auto dropped = [&] { return flowtap.scrape().sum("flowtap_log_lines_dropped_total"); };
    const std::string filled = fill(flowtap.child().pid());
    EXPECT_NE(elsewhere.write("config.yaml", "match: '" + std::string(1000, '(') + "'\n"), "");
    EXPECT_TRUE(eventually([&] {
        flowtap.child().signal(SIGHUP);
        return dropped() > 0;
    }));
    const Ledger ledger = workload.run_round();
    EXPECT_TRUE(agrees(flowtap.scrape_at_rest(), ledger));
    EXPECT_EQ(test::request(flowtap.port(), "GET", "/health").status(), 200);

    ASSERT_TRUE(std::filesystem::remove(filled));
    EXPECT_NE(elsewhere.write("config.yaml", start), "");
    EXPECT_TRUE(eventually([&] {
        flowtap.child().signal(SIGHUP);
        return flowtap.log().find("log: dropped ") != std::string::npos;
    })) << flowtap.log();
    EXPECT_EQ(flowtap.stop(SIGTERM), 0);
    EXPECT_EQ(workload.leave(), 0);
}

class MemoryTest : public SystemTest {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (IsSkipped()) return;
        if (const std::string missing = MemoryLimit::missing(); !missing.empty())
            GTEST_SKIP() << "missing: " << missing;
    }
};

TEST_F(MemoryTest, TablesThatDoNotFitAreAnErrorThatSaysWhatToDo) {
    const MemoryLimit group("flowtap-tables");
    group.set(48 * kMebibyte);
    std::vector<std::string> command = group.launcher();
    for (const char* word : {kFlowtap, "run", "--match", "nothing like it", "--listen", "127.0.0.1:0",
                             "--events-buffer", "64MiB"})
        command.emplace_back(word);
    Child flowtap(command);
    ASSERT_TRUE(eventually([&] {
        return flowtap.errors().find("serving http") != std::string::npos || flowtap.poll_status();
    })) << flowtap.errors();
    if (!flowtap.poll_status() && group.current() < 48 * kMebibyte)
        GTEST_SKIP() << "missing: a kernel that charges BPF tables to the control group (Linux 5.11)";
    EXPECT_EQ(flowtap.poll_status(), kEnvironment) << flowtap.errors();
    EXPECT_NE(flowtap.errors().find("Cannot allocate memory"), std::string::npos) << flowtap.errors();
    EXPECT_NE(flowtap.errors().find("--events-buffer"), std::string::npos) << flowtap.errors();
}

// It may be killed for want of memory, or go on: its target is the same either way.
TEST_F(MemoryTest, RunningOutOfMemoryHarmsNoTarget) {
    const Ledger expected = alone();
    const MemoryLimit group("flowtap-work");
    Workload workload(engine());
    const std::vector<std::string> profile = {"--profile", kEngineCProfile};
    const auto addresses = planned_addresses(workload.pid(), profile);
    const CodeBytes original = code_bytes(workload.pid(), addresses);
    FlowtapDaemon flowtap({"--profile", kEngineCProfile, "--pid", workload.pid_text()},
                          FlowtapDaemon::Listen::kAnyPort, group.launcher());
    group.set(group.current() + kMebibyte / 4);
    EXPECT_TRUE(same_counts(workload.run_round(), expected));
    for (int i = 0; i < 20 && !flowtap.child().poll_status(); ++i) {
        flowtap.child().signal(SIGHUP);
        const Fd client = test::unconnected();
        const sockaddr_in address = test::loopback(flowtap.port());
        (void)::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
        workload.reset();
        EXPECT_TRUE(same_counts(workload.run_round(), expected));
    }
    const std::optional<int> status = flowtap.child().poll_status();
    RecordProperty("ended_with", status.value_or(-1));
    EXPECT_TRUE(!status || *status == 128 + SIGKILL) << *status << flowtap.log();
    if (!status) {
        group.set(1024 * kMebibyte);
        EXPECT_TRUE(eventually([&] { return bool(no_event_vanished(flowtap.scrape())); }));
        EXPECT_TRUE(identity_holds(flowtap.scrape()));
        EXPECT_EQ(flowtap.stop(SIGTERM), 0);
    }
    EXPECT_TRUE(eventually([&] { return code_bytes(workload.pid(), addresses) == original; }));
    EXPECT_EQ(workload.leave(), 0);
}

}  // namespace
}  // namespace flowtap::system_test::starved_test
