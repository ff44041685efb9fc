// SPDX-License-Identifier: Apache-2.0
// deploy/kubernetes/seccomp/flowtap.json: flowtap does all it does with these system calls, and no others
// pass.
#include <fstream>
#include <nlohmann/json.hpp>

#include "flowtap_daemon.h"
#include "interpreters.h"
#include "ledger.h"
#include "paths.h"
#include "target.h"
#include "temporary_directory.h"

namespace flowtap::system_test::seccomp_test {
namespace {

constexpr const char* kSystemPython = "/usr/bin/python3";  // Debian's, which has the module
const std::string kProfile = std::string(kSourceDirectory) + "/deploy/kubernetes/seccomp/flowtap.json";

std::vector<std::string> under_profile() {
    return {kSystemPython, "-B", std::string(kTestsDirectory) + "/system/processes/under_seccomp.py",
            kProfile};
}

class SeccompTest : public SystemTest {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (IsSkipped()) return;
        Child module({kSystemPython, "-c", "import seccomp"});
        if (module.wait() != 0) GTEST_SKIP() << "missing: Debian's package python3-seccomp";
    }

    static int status_under_profile(std::vector<std::string> program) {
        std::vector<std::string> command = under_profile();
        command.insert(command.end(), program.begin(), program.end());
        Child child(command);
        const int status = child.wait().value_or(-1);
        EXPECT_EQ(child.output().find("MISSING"), std::string::npos) << child.output();
        return status;
    }
};

TEST_F(SeccompTest, TheProfileLetsTheDaemonDoAllItDoes) {
    TemporaryDirectory directory;
    const std::string config =
        directory.write("config.yaml", std::string("profile: ") + kEngineCProfile + "\n");
    Workload workload({kEngineC, "--runs", "20", "--nodes", "3", "--fail-every", "5"});
    FlowtapDaemon flowtap({"--config", config, "--pid", workload.pid_text()}, FlowtapDaemon::Listen::kAnyPort,
                          under_profile());
    std::ifstream status("/proc/" + std::to_string(flowtap.child().pid()) + "/status");
    const std::string text(std::istreambuf_iterator<char>(status), {});
    EXPECT_NE(text.find("\nSeccomp:\t2\n"), std::string::npos);
    const Ledger ledger = workload.run_round();
    EXPECT_TRUE(agrees(flowtap.scrape_at_rest(), ledger)) << flowtap.child().errors();
    flowtap.child().signal(SIGHUP);
    EXPECT_TRUE(eventually([&] {
        return flowtap.child().errors().find("reloaded the configuration") != std::string::npos;
    })) << flowtap.child().errors();
    EXPECT_EQ(flowtap.stop(SIGTERM), 0) << flowtap.child().errors();
}

TEST_F(SeccompTest, TheProfileLetsPythonBeObserved) {
    const std::vector<Target> targets = python_targets();
    if (!missing_program(targets.front()).empty())
        GTEST_SKIP() << "missing: " << missing_program(targets.front());
    Workload workload(targets.front().command({"--shape", "sync", "--fail-every", "3"}));
    FlowtapDaemon flowtap({"--pid", workload.pid_text()}, FlowtapDaemon::Listen::kAnyPort, under_profile());
    const Ledger ledger = workload.run_round();
    EXPECT_TRUE(agrees(flowtap.scrape_at_rest(), ledger)) << flowtap.child().errors();
}

TEST_F(SeccompTest, TheProfileLetsCheckAndTraceWork) {
    TemporaryDirectory directory;
    Workload workload({kEngineC, "--runs", "5"});
    EXPECT_EQ(status_under_profile({kFlowtap, "check"}), 0);
    EXPECT_EQ(
        status_under_profile({kFlowtap, "trace", "--pid", workload.pid_text(), "--profile", kEngineCProfile,
                              "--duration", "0.2", "--output", directory / "trace.json"}),
        0);
}

// What a runtime's own profile may leave out: opening perf events, which hardware watches are.
TEST_F(SeccompTest, WithoutPerfEventsCheckAndPlanSayThatWatchesLack) {
    std::ifstream file(kProfile);
    std::string text(std::istreambuf_iterator<char>(file), {});
    const std::string call = "\"perf_event_open\", ";
    const std::size_t at = text.find(call);
    ASSERT_NE(at, std::string::npos);
    TemporaryDirectory directory;
    const std::string profile = directory.write("without.json", text.erase(at, call.size()));
    std::vector<std::string> command = {
        kSystemPython, "-B", std::string(kTestsDirectory) + "/system/processes/under_seccomp.py", profile};
    command.insert(command.end(), {kFlowtap, "check", "--json"});
    Child check(command);
    check.wait();
    bool uprobes = false;
    for (const nlohmann::json& row : nlohmann::json::parse(check.output())) {
        if (row.at("name") == "uprobe_multi") uprobes = row.at("available");
        if (!std::string(row.at("name")).starts_with("hardware_watch")) continue;
        EXPECT_EQ(row.at("available"), false) << row;
        EXPECT_NE(std::string(row.at("reason")).find("Operation not permitted"), std::string::npos) << row;
    }
    if (!uprobes) GTEST_SKIP() << "missing: links of many uprobes: nothing else does without perf events";
    const std::vector<std::string> pythons = interpreters();
    if (pythons.front().empty()) GTEST_SKIP() << "missing: an interpreter";
    const std::string functions = std::string(kTestsDirectory) + "/functions/";
    Workload workload({pythons.front(), "-B", functions + "workload.py"});
    command.resize(4);
    command.insert(command.end(), {kFlowtap, "plan", "--json", "--pid", workload.pid_text(), "--profile",
                                   functions + "profile.yaml", "--prefer", "complete"});
    Child plan(command);
    EXPECT_EQ(plan.wait(), 0) << plan.errors();
    const nlohmann::json planned = nlohmann::json::parse(plan.output());
    EXPECT_TRUE(planned.at("watches").empty());
    for (const nlohmann::json& point : planned.at("points")) {
        EXPECT_EQ(point.at("observed"), false) << point;
        EXPECT_NE(std::string(point.at("why_not")).find("hardware watch"), std::string::npos) << point;
    }
}

TEST_F(SeccompTest, TheProfileForbidsWhatFlowtapHasNoUseFor) {
    EXPECT_EQ(status_under_profile({"/usr/bin/true"}), 0);
    EXPECT_NE(status_under_profile({"/usr/bin/unshare", "--uts", "/usr/bin/true"}), 0);
    // Works without the profile: it is that which forbids it.
    Child unshare({"/usr/bin/unshare", "--uts", "/usr/bin/true"});
    EXPECT_EQ(unshare.wait(), 0) << unshare.errors();
}

}  // namespace
}  // namespace flowtap::system_test::seccomp_test
