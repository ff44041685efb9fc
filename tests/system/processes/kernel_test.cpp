// SPDX-License-Identifier: Apache-2.0
// What must hold under every kernel, with as few starts of the daemon as possible: scripts/kernels.sh runs
// these on emulated CPUs, which take a minute to verify the BPF programs. Lines that begin with "kernel-note:
// " go into docs/kernels.md.
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "eventually.h"
#include "flowtap_daemon.h"
#include "interpreters.h"
#include "paths.h"
#include "probed_bytes.h"
#include "target.h"
#include "temporary_directory.h"
#include "unit/http/http_client.h"

namespace flowtap::system_test::kernel_test {
namespace {

const std::string kFunctions = std::string(kTestsDirectory) + "/functions/";
constexpr const char* kCapabilities = "-all,+bpf,+perfmon,+sys_ptrace,+dac_read_search,+checkpoint_restore";

std::vector<std::string> as_nobody() {
    return {"/usr/bin/setpriv", "--reuid",     "65534",         "--regid",        "65534",
            "--clear-groups",   "--inh-caps",  kCapabilities,   "--ambient-caps", kCapabilities,
            "--bounding-set",   kCapabilities, "--no-new-privs"};
}

// The line of the text that has these words; empty where none has.
std::string line_with(const std::string& text, const std::string& words) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        if (line.find(words) != std::string::npos) return line;
    return {};
}

std::string last_line(std::string text) {
    while (text.ends_with('\n')) text.pop_back();
    return text.substr(text.rfind('\n') + 1);
}

// A daemon whose targets are named one after the other, by its configuration.
class Watcher {
public:
    explicit Watcher(const std::vector<std::string>& launcher = {})
        : flowtap_({"--config", config_}, FlowtapDaemon::Listen::kAnyPort, launcher) {}

    FlowtapDaemon& flowtap() { return flowtap_; }
    void name(const Workload& workload) {
        (void)write("pid: " + workload.pid_text() + "\n");
        flowtap_.child().signal(SIGHUP);
    }
    [[nodiscard]] bool watch(const Workload& workload) {
        name(workload);
        return flowtap_.attaches_to(workload.pid());
    }
    void watch_nothing() {
        (void)write("match: '^no process has this text$'\n");
        flowtap_.child().signal(SIGHUP);
    }

private:
    [[nodiscard]] std::string write(const std::string& targets) const {
        return directory_.write("config.yaml",
                                targets + "max-overhead: off\nevents-buffer: 2MiB\nprofile:\n  - " +
                                    kEngineCProfile + "\n  - " + kFunctions + "profile.yaml\n");
    }

    TemporaryDirectory directory_;
    std::string config_ = write("match: '^no process has this text$'\n");
    FlowtapDaemon flowtap_;
};

// Sets the wall clock forward, and back at the end.
class SteppedClock {
public:
    explicit SteppedClock(std::time_t seconds) : seconds_(seconds) { done_ = step(seconds_); }
    SteppedClock(const SteppedClock&) = delete;
    SteppedClock& operator=(const SteppedClock&) = delete;
    ~SteppedClock() { (void)(done_ && step(-seconds_)); }
    [[nodiscard]] bool done() const { return done_; }

private:
    static bool step(std::time_t seconds) {
        timespec now = {};
        ::clock_gettime(CLOCK_REALTIME, &now);
        now.tv_sec += seconds;
        return ::clock_settime(CLOCK_REALTIME, &now) == 0;
    }

    std::time_t seconds_;
    bool done_;
};

constexpr std::time_t kDay = 24 * 60 * 60;

// One daemon for all of them, in their order; the last one kills it.
class KernelTest : public SystemTest {
protected:
    void SetUp() override {
        if (std::getenv("FLOWTAP_MACHINE") != nullptr) SystemTest::SetUp();
    }
    static void TearDownTestSuite() { watcher_.reset(); }
    static Watcher& watcher() {
        if (!watcher_) watcher_ = std::make_unique<Watcher>();
        return *watcher_;
    }
    static FlowtapDaemon& flowtap() { return watcher().flowtap(); }
    static std::vector<std::string> engine(const char* runs) {
        return {kEngineC, "--threads", "3", "--runs", runs, "--nodes", "4", "--fail-every", "7"};
    }
    static Target python() { return python_target(interpreters().front()); }
    static void skip_without_python() {
        if (interpreters().front().empty()) GTEST_SKIP() << "missing: " << missing_interpreter();
    }
    static void expect_counted(Workload& workload) {
        ASSERT_TRUE(watcher().watch(workload)) << flowtap().log();
        const Exposition before = flowtap().scrape_at_rest();
        const Ledger ledger = workload.run_round();
        const Exposition after = flowtap().scrape();
        EXPECT_TRUE(agrees(after.since(before), ledger)) << flowtap().log();
        EXPECT_TRUE(identity_holds(after));
        EXPECT_TRUE(no_event_vanished(after));
        EXPECT_EQ(after.sum("active_workflows"), 0);
        EXPECT_EQ(workload.leave(), 0);
    }

private:
    static std::unique_ptr<Watcher> watcher_;
};

std::unique_ptr<Watcher> KernelTest::watcher_;

TEST_F(KernelTest, CountsANativeEngine) {
    Workload workload(engine("30"));
    expect_counted(workload);
    std::cout << "kernel-note: as root: " << line_with(flowtap().log(), "dropped all privileges") << "\n";
    std::istringstream lines(flowtap().log());
    for (std::string line; std::getline(lines, line);)
        if (line.find("does not work here") != std::string::npos)
            std::cout << "kernel-note: " << line << "\n";
}

TEST_F(KernelTest, CountsPythonsWorkflowsAndTasks) {
    skip_without_python();
    if (IsSkipped()) return;
    for (const char* shape : {"sync", "async"}) {
        Workload workload(python().command({"--shape", shape, "--fail-every", "3"}));
        expect_counted(workload);
    }
}

TEST_F(KernelTest, CountsPlainFunctionsByHardwareWatches) {
    skip_without_python();
    if (IsSkipped()) return;
    if (const std::string missing = line_with(flowtap().log(), "hardware_watch"); !missing.empty())
        GTEST_SKIP() << "missing: " << missing;
    Workload workload({interpreters().front(), "-B", kFunctions + "workload.py"});
    expect_counted(workload);
}

// Only where FLOWTAP_MAY_SET_CLOCK=1 allows it, as scripts/kernels.sh does in its guests.
TEST_F(KernelTest, CountsAndTimesAsBeforeWhenTheWallClockIsSet) {
    if (std::getenv("FLOWTAP_MAY_SET_CLOCK") == nullptr)
        GTEST_SKIP() << "missing: leave to set this machine's clock (FLOWTAP_MAY_SET_CLOCK=1)";
    Workload workload({kEngineC, "--runs", "5", "--hold"});
    ASSERT_TRUE(watcher().watch(workload)) << flowtap().log();
    const Exposition before = flowtap().scrape_at_rest();
    Ledger ledger;
    for (const std::time_t days : {30, -2}) {
        workload.run_until_held();
        const SteppedClock clock(days * kDay);
        ASSERT_TRUE(clock.done());
        const Exposition held = flowtap().scrape();
        EXPECT_EQ(held.sum("active_workflows"), 1) << days;
        EXPECT_LT(std::abs(held.sum("workflow_oldest_active_seconds")), kDay / 2) << days;
        workload.release();
        ledger = workload.report();
    }
    const Exposition after = flowtap().scrape_at_rest().since(before);
    EXPECT_TRUE(agrees(after, ledger));
    EXPECT_GT(after.sum("workflow_latency_seconds_sum"), 0);
    EXPECT_LT(after.sum("workflow_latency_seconds_sum"), kDay / 2);
    EXPECT_EQ(test::request(flowtap().port(), "GET", "/health").status(), 200);
    EXPECT_EQ(workload.leave(), 0);
}

TEST_F(KernelTest, CountsWhatItLosesWhileItIsStopped) {
    Workload workload(engine("800"));
    ASSERT_TRUE(watcher().watch(workload)) << flowtap().log();
    const Exposition before = flowtap().scrape_at_rest();
    flowtap().child().signal(SIGSTOP);
    (void)workload.run_round();
    flowtap().child().signal(SIGCONT);
    EXPECT_TRUE(eventually([&] { return bool(no_event_vanished(flowtap().scrape())); }));
    const Exposition after = flowtap().scrape();
    EXPECT_GT(after.since(before).sum("flowtap_events_lost_total"), 0);
    EXPECT_TRUE(no_event_vanished(after));
    EXPECT_TRUE(identity_holds(after));
    EXPECT_EQ(after.sum("active_workflows") + after.sum("workflow_node_executions_active"), 0);
    EXPECT_EQ(workload.leave(), 0);
}

TEST_F(KernelTest, GivesATargetItsBytesBackWhenItIsNoLongerNamed) {
    Workload workload(engine("30"));
    const auto addresses = planned_addresses(workload.pid(), {"--profile", kEngineCProfile});
    const CodeBytes original = code_bytes(workload.pid(), addresses);
    ASSERT_TRUE(watcher().watch(workload)) << flowtap().log();
    EXPECT_EQ(code_bytes(workload.pid(), addresses), breakpoints_at(addresses));
    watcher().watch_nothing();
    EXPECT_TRUE(eventually([&] { return code_bytes(workload.pid(), addresses) == original; }));
    EXPECT_EQ(workload.run_round().at("workflows").empty(), false);
    EXPECT_EQ(workload.leave(), 0);
}

TEST_F(KernelTest, LeavesNothingInATargetWhenItIsKilled) {
    Workload alone(engine("300"));
    const Ledger expected = alone.run_round();
    Workload workload(engine("300"));
    const auto addresses = planned_addresses(workload.pid(), {"--profile", kEngineCProfile});
    const CodeBytes original = code_bytes(workload.pid(), addresses);
    ASSERT_TRUE(watcher().watch(workload)) << flowtap().log();
    workload.start_round();
    EXPECT_EQ(flowtap().stop(SIGKILL), 128 + SIGKILL);
    EXPECT_TRUE(eventually([&] { return code_bytes(workload.pid(), addresses) == original; }));
    EXPECT_TRUE(same_counts(workload.report(), expected));
    EXPECT_EQ(workload.leave(), 0);
}

// With the five capabilities of docs/requirements.md and no others, at whatever kernel.perf_event_paranoid
// the machine has. What they do not allow is refused or not observed, and said.
class KernelCapabilitiesTest : public KernelTest {};

TEST_F(KernelCapabilitiesTest, CountOrSayWhatTheyLack) {
    std::string level;
    std::getline(std::ifstream("/proc/sys/kernel/perf_event_paranoid"), level);
    const std::string note = "kernel-note: five capabilities, perf_event_paranoid " + level + ": ";
    std::unique_ptr<Watcher> watcher;
    try {
        watcher = std::make_unique<Watcher>(as_nobody());
    } catch (const std::runtime_error& refused) {
        const std::string error = last_line(refused.what());
        // Before Linux 5.11 tables count as locked memory, before 6.10 perf's uprobes take CAP_SYS_ADMIN.
        const bool names_it = error.find("CAP_SYS_ADMIN") != std::string::npos ||
                              error.find("CAP_SYS_RESOURCE") != std::string::npos;
        EXPECT_TRUE(names_it) << refused.what();
        std::cout << note << "refused: " << error << "\n";
        return;
    }
    FlowtapDaemon& flowtap = watcher->flowtap();
    Workload workload({kEngineC, "--runs", "20"}, User::kNobody);
    if (flowtap.scrape().sum("flowtap_mechanism_available", {{"mechanism", "emulated_uprobe"}}) == 0) {
        watcher->name(workload);
        const std::string refusal = "observe process " + workload.pid_text() + ":";
        EXPECT_TRUE(eventually([&] { return !line_with(flowtap.log(), refusal).empty(); })) << flowtap.log();
        const std::string line = line_with(flowtap.log(), refusal);
        EXPECT_NE(line.find("CAP_SYS_ADMIN"), std::string::npos) << line;
        std::cout << note << "observes nothing: " << line << "\n";
        return;
    }
    ASSERT_TRUE(watcher->watch(workload)) << flowtap.log();
    const Ledger of_workload = workload.run_round();
    EXPECT_TRUE(agrees(flowtap.scrape_at_rest(), of_workload)) << flowtap.log();
    std::cout << note << "counts";
    const std::string watches = line_with(flowtap.log(), "hardware_watch");
    if (watches.empty()) {
        EXPECT_EQ(
            flowtap.scrape().sum("flowtap_mechanism_available", {{"mechanism", "hardware_watch_write"}}), 1);
        std::cout << ", with hardware watches\n";
    } else {
        std::cout << "; " << watches << "\n";
    }
}

}  // namespace
}  // namespace flowtap::system_test::kernel_test
