// SPDX-License-Identifier: Apache-2.0
// Limits on the daemon, of processes and threads, descriptors and time, must not harm targets or clients.
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>

#include "flowtap_daemon.h"
#include "interpreters.h"
#include "paths.h"
#include "resource_limits.h"
#include "system_test.h"
#include "temporary_directory.h"
#include "unit/http/http_client.h"
#include "workload.h"

namespace flowtap::system_test::limits_test {
namespace {

constexpr int kEnvironment = 3;

class ThreadLimitTest : public SystemTest {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (IsSkipped()) return;
        if (const std::string missing = ProcessesLimit::missing(); !missing.empty())
            GTEST_SKIP() << "missing: " << missing;
    }
};

TEST_F(ThreadLimitTest, TooFewThreadsAtTheStartAreAnErrorThatSaysSo) {
    const ProcessesLimit group("flowtap-start");
    bool served = false;
    int refused = 0;
    for (int most = 1; !served && most < 20; ++most) {
        group.set(most);
        std::vector<std::string> command = group.launcher();
        for (const char* word : {kFlowtap, "run", "--match", "nothing like it", "--listen", "127.0.0.1:0"})
            command.emplace_back(word);
        Child flowtap(command);
        ASSERT_TRUE(eventually([&] {
            served = flowtap.errors().find("serving http") != std::string::npos;
            return served || flowtap.poll_status();
        })) << "neither serves nor ends with "
            << most << ": " << flowtap.errors();
        if (served) break;
        ++refused;
        EXPECT_EQ(flowtap.poll_status(), kEnvironment) << flowtap.errors();
        EXPECT_NE(flowtap.errors().find("pids.max"), std::string::npos) << flowtap.errors();
    }
    EXPECT_TRUE(served);
    EXPECT_GT(refused, 0);
}

TEST_F(ThreadLimitTest, WithoutNewThreadsTheEndOfATargetAffectsNoOther) {
    const ProcessesLimit group("flowtap-end");
    Workload ends({kEngineC, "--runs", "2"});
    Workload stays({kEngineC, "--runs", "2"});
    FlowtapDaemon flowtap({"--profile", kEngineCProfile, "--pid", ends.pid_text(), "--pid", stays.pid_text()},
                          FlowtapDaemon::Listen::kAnyPort, group.launcher());
    group.set(group.current());
    EXPECT_EQ(ends.leave(), 0);
    ASSERT_TRUE(eventually([&] {
        return flowtap.scrape().sum("flowtap_targets", {{"state", "gone"}}) == 1;
    }));
    const Ledger ledger = stays.run_round();
    EXPECT_TRUE(agrees(flowtap.scrape_at_rest(), ledger));
    EXPECT_EQ(flowtap.stop(SIGTERM), 0);
}

std::size_t descriptors_of(pid_t pid) {
    const std::filesystem::directory_iterator all("/proc/" + std::to_string(pid) + "/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

class DescriptorLimitTest : public SystemTest {
protected:
    static rlimit limit_of(pid_t pid) {
        rlimit limit = {};
        ::prlimit(pid, RLIMIT_NOFILE, nullptr, &limit);
        return limit;
    }
};

TEST_F(DescriptorLimitTest, TheSoftLimitBecomesTheHardOne) {
    FlowtapDaemon flowtap({"--match", "nothing like it"}, FlowtapDaemon::Listen::kAnyPort,
                          {"/bin/sh", "-c", "ulimit -Sn 100; ulimit -Hn 4000; exec \"$@\"", "sh"});
    EXPECT_EQ(limit_of(flowtap.child().pid()).rlim_cur, 4000U);
    EXPECT_EQ(flowtap.scrape().sum("process_max_fds"), 4000);
}

// Every client is served during the shortage, and after it as before.
TEST_F(DescriptorLimitTest, WithoutDescriptorsClientsAreServedAndTargetsCounted) {
    Workload workload({kEngineC, "--runs", "5"});
    FlowtapDaemon flowtap({"--profile", kEngineCProfile, "--pid", workload.pid_text()});
    const pid_t daemon = flowtap.child().pid();
    const rlimit before = limit_of(daemon);
    rlimit none = before;
    none.rlim_cur = descriptors_of(daemon);  // the lowest are taken first
    ASSERT_EQ(::prlimit(daemon, RLIMIT_NOFILE, &none, nullptr), 0);
    std::vector<Fd> idle;
    for (int client = 0; client < 20; ++client) {
        idle.push_back(test::connect_to(flowtap.port()));
        test::send_text(idle.back(), "GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    const Ledger ledger = workload.run_round();
    EXPECT_TRUE(agrees(flowtap.scrape_at_rest(), ledger));
    EXPECT_EQ(test::request(flowtap.port(), "GET", "/health").status(), 200);
    ASSERT_EQ(::prlimit(daemon, RLIMIT_NOFILE, &before, nullptr), 0);
    idle.clear();
    EXPECT_TRUE(agrees(flowtap.scrape_at_rest(), ledger));
    EXPECT_EQ(flowtap.stop(SIGTERM), 0);
}

// How many descriptors the daemon may still open.
class FewDescriptorsTest : public DescriptorLimitTest, public testing::WithParamInterface<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Left, FewDescriptorsTest, testing::Values(0, 3));

// A module is imported while there are too few descriptors for its probes, or none to look at the process.
TEST_P(FewDescriptorsTest, AnExtensionThatFailsIsReportedAndRetried) {
    const std::string interpreter = interpreters().front();
    if (interpreter.empty()) GTEST_SKIP() << "missing: " << missing_interpreter();
    const TemporaryDirectory directory;
    (void)directory.write("early.py", "class Worker:\n    def work(self):\n        return 1\n");
    (void)directory.write("late.py", "class Worker:\n    async def work(self):\n        return 1\n");
    const std::string program = directory.write("target.py", R"(
import asyncio, functools, sys
import early
print('ready', flush=True)
for line in sys.stdin:
    import late
    if line.strip() == 'run':
        for _ in range(7):
            functools.partial(early.Worker().work)()
            asyncio.run(late.Worker().work())
    print('done', flush=True)
)");
    const std::string profile = directory.write("late.yaml", R"(
profile: late
runtime: cpython
modules: [early, late]
points:
  - name: first
    kind: node
    function: early:Worker.work
    call: method
    node_type: self
  - name: second
    kind: node
    function: late:Worker.work
    call: coroutine
    node_type: self
)");
    Child target({interpreter, "-B", program});
    ASSERT_EQ(target.next_line(), "ready");
    FlowtapDaemon flowtap({"--profile", profile, "--pid", std::to_string(target.pid())});
    const pid_t daemon = flowtap.child().pid();
    const rlimit before = limit_of(daemon);
    rlimit none = before;
    none.rlim_cur = GetParam() == 0 ? 0 : descriptors_of(daemon) + GetParam();
    ASSERT_EQ(::prlimit(daemon, RLIMIT_NOFILE, &none, nullptr), 0);
    target.send_line("import");
    ASSERT_EQ(target.next_line(), "done");
    EXPECT_TRUE(eventually([&] {
        return flowtap.child().errors().find("Too many open files") != std::string::npos;
    })) << flowtap.child().errors();
    EXPECT_EQ(flowtap.child().errors().find("restart the process"), std::string::npos)
        << flowtap.child().errors();
    ASSERT_EQ(::prlimit(daemon, RLIMIT_NOFILE, &before, nullptr), 0);
    EXPECT_TRUE(
        eventually([&] { return flowtap.child().errors().find("now observed: ") != std::string::npos; },
                   std::chrono::seconds(60)))
        << flowtap.child().errors();
    target.send_line("run");
    ASSERT_EQ(target.next_line(), "done");
    const Exposition metrics = flowtap.scrape();
    EXPECT_EQ(metrics.sum("workflow_node_executions_total", {{"status", "success"}}), 14)
        << flowtap.child().errors();
    EXPECT_TRUE(identity_holds(metrics));
}

// The event loop of a process whose other threads go on, held for the lifetime of the object.
class HeldThread {
public:
    explicit HeldThread(pid_t thread) : thread_(thread) {
        held_ = ::ptrace(PTRACE_SEIZE, thread, nullptr, nullptr) == 0 &&
                ::ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr) == 0 &&
                ::waitpid(thread, nullptr, __WALL) == thread;
    }
    HeldThread(const HeldThread&) = delete;
    HeldThread& operator=(const HeldThread&) = delete;
    ~HeldThread() { ::ptrace(PTRACE_DETACH, thread_, nullptr, nullptr); }

    [[nodiscard]] bool held() const { return held_; }

private:
    const pid_t thread_;
    bool held_;
};

class SilentLoopTest : public SystemTest {};

TEST_F(SilentLoopTest, AScrapeIsRefusedWhileTheLoopIsSilent) {
    Workload workload({kEngineC, "--runs", "5"});
    FlowtapDaemon flowtap({"--profile", kEngineCProfile, "--pid", workload.pid_text()});
    const Ledger ledger = workload.run_round();
    EXPECT_TRUE(agrees(flowtap.scrape_at_rest(), ledger));
    {
        const HeldThread loop(flowtap.child().pid());
        if (!loop.held()) GTEST_SKIP() << "missing: ptrace(2) of a child";
        const test::Reply reply = test::request(flowtap.port(), "GET", "/metrics");
        EXPECT_EQ(reply.status(), 503);
        EXPECT_EQ(
            reply.body,
            "collect events: the event loop did not answer within 5 s (it attaches to many processes, or the "
            "machine is overloaded: see /health and the log)\n");
        EXPECT_NE(test::request(flowtap.port(), "GET", "/api/v1/status").body.find("these numbers are old"),
                  std::string::npos);
    }
    EXPECT_TRUE(agrees(flowtap.scrape_at_rest(), ledger));
}

// The pattern takes a backtracking matcher 2^32 steps on this command line, which any user may start.
TEST_F(SilentLoopTest, NoCommandLineMakesAPatternSlow) {
    Child hostile({"/bin/sh", "-c", "sleep 600; :", "zz" + std::string(32, 'a') + "c"});
    FlowtapDaemon flowtap({"--match", "zz(a+)+b$"});
    EXPECT_EQ(test::request(flowtap.port(), "GET", "/metrics").status(), 200);
    EXPECT_EQ(flowtap.stop(SIGTERM), 0);
}

}  // namespace
}  // namespace flowtap::system_test::limits_test
