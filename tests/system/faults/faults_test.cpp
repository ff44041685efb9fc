// SPDX-License-Identifier: Apache-2.0
// flowtap is killed, stopped and reloaded, its targets are stopped, killed and crash, its clients storm it,
// all under load. Whatever happens, the targets do what they do alone, their code is restored, the sums are
// exact and nothing is left in the kernel. FLOWTAP_LONG_TESTS=1 does ten times as much.
#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <random>
#include <thread>

#include "flowtap_daemon.h"
#include "kernel_tables.h"
#include "paths.h"
#include "probed_bytes.h"
#include "target.h"
#include "unit/http/http_client.h"

namespace flowtap::system_test::faults_test {
namespace {

using std::chrono::milliseconds;

bool is_long() { return std::getenv("FLOWTAP_LONG_TESTS") != nullptr; }
int times(int in_short) { return is_long() ? 10 * in_short : in_short; }

// A program that runs one round after the other, each of which must do the same.
class BusyTarget {
public:
    explicit BusyTarget(const Target& target) : workload_(target.command(target.load)) {
        first_ = workload_.run_round();
        workload_.reset();
    }

    Workload& workload() { return workload_; }
    void work() {
        if (!running_) workload_.start_round();
        running_ = true;
    }
    // Whether a round that is over did what the first one did; starts the next.
    void keep_working() {
        if (running_ && !workload_.child().has_line()) return;
        if (running_) rest();
        work();
    }
    void work_for(milliseconds time) {
        const auto end = std::chrono::steady_clock::now() + time;
        while (std::chrono::steady_clock::now() < end) {
            keep_working();
            std::this_thread::sleep_for(milliseconds(5));
        }
    }
    void rest() {
        if (!running_) return;
        running_ = false;
        ++rounds_;
        EXPECT_TRUE(same_counts(workload_.report(), first_)) << "round " << rounds_;
        workload_.reset();
    }
    [[nodiscard]] int rounds() const { return rounds_; }

private:
    Workload workload_;
    Ledger first_;
    bool running_ = false;
    int rounds_ = 0;
};

constexpr double kMostGrowth = 32 << 20;  // the stacks of threads and the buffers of answers that were in use

double open_executions(const Exposition& metrics) {
    return metrics.sum("active_workflows") + metrics.sum("workflow_node_executions_active");
}

// Nothing is open, nothing was lost uncounted.
void expect_exact_at_rest(const FlowtapDaemon& flowtap) {
    EXPECT_TRUE(eventually([&] { return open_executions(flowtap.scrape()) == 0; }))
        << open_executions(flowtap.scrape());
    const Exposition metrics = flowtap.scrape();
    if (metrics.has("workflow_executions_total")) {
        EXPECT_TRUE(identity_holds(metrics));
    }
    EXPECT_TRUE(no_event_vanished(metrics));
}

class FaultsTest : public TargetTest {
protected:
    // Whatever it costs: what gives way is not counted.
    static std::vector<std::string> watch(const Workload& workload) {
        std::vector<std::string> options = target().watch({&workload});
        options.insert(options.end(), {"--max-overhead", "off"});
        return options;
    }
    static std::vector<std::string> run_command(const Workload& workload) {
        std::vector<std::string> command = {kFlowtap, "run"};
        for (const std::string& word : watch(workload)) command.push_back(word);
        command.insert(command.end(), {"--listen", "127.0.0.1:0"});
        return command;
    }
    // Before that, SIGHUP has no handler and would end it.
    static bool is_serving(const Child& flowtap) {
        return flowtap.errors().find("serving http") != std::string::npos;
    }
    std::mt19937 random_{4711};
    milliseconds up_to(unsigned most) { return milliseconds(random_() % most); }
};

// At any moment of its start, its attaching and its work, also while it reloads.
TEST_P(FaultsTest, ARestartAfterAKillUnderLoadLeavesNothingBehind) {
    BusyTarget busy(target());
    Workload& workload = busy.workload();
    const auto addresses = planned_addresses(workload.pid(), target().profile);
    const CodeBytes original = code_bytes(workload.pid(), addresses);
    int attached = 0;
    for (int i = 0; i < times(10); ++i) {
        Child flowtap(run_command(workload));
        busy.work_for(up_to(1500));
        if (i % 2 == 1 && is_serving(flowtap)) flowtap.signal(SIGHUP);
        attached += code_bytes(workload.pid(), addresses) == breakpoints_at(addresses);
        flowtap.signal(SIGKILL);
        ASSERT_EQ(flowtap.wait(), 128 + SIGKILL) << flowtap.errors();
        ASSERT_TRUE(eventually([&] { return code_bytes(workload.pid(), addresses) == original; })) << i;
    }
    busy.rest();
    RecordProperty("attached", attached);
    FlowtapDaemon flowtap(watch(workload));
    const Ledger ledger = workload.run_round();
    EXPECT_TRUE(agrees(flowtap.scrape_at_rest(), ledger));
    EXPECT_EQ(workload.leave(), 0);
}

// The ring buffer overflows meanwhile; what is lost is counted. FLOWTAP_LONG_TESTS=1: for ten seconds at a
// time.
TEST_P(FaultsTest, AStopOfSecondsAndAReloadLoseNothingUncounted) {
    BusyTarget busy(target());
    FlowtapDaemon flowtap(watch(busy.workload()));
    for (int i = 0; i < (is_long() ? 3 : 1); ++i) {
        flowtap.child().signal(SIGSTOP);
        busy.work_for(std::chrono::seconds(is_long() ? 10 : 2));
        flowtap.child().signal(SIGHUP);
        flowtap.child().signal(SIGCONT);
        busy.rest();
    }
    expect_exact_at_rest(flowtap);
    EXPECT_EQ(busy.workload().leave(), 0);
    EXPECT_EQ(flowtap.stop(SIGTERM), 0);
}

// What happens to a target: it is stopped for a while, killed, crashes, or is asked to end.
constexpr std::array<int, 4> kBlows = {SIGSTOP, SIGKILL, SIGSEGV, SIGTERM};
// When: while it is found and attached to, while it rests, while it runs.
enum class Phase { kStarting, kAttached, kRunning };
constexpr std::array<Phase, 3> kPhases = {Phase::kStarting, Phase::kAttached, Phase::kRunning};

// One daemon that finds the targets, which bear a mark, by itself.
class TargetFaultsTest : public FaultsTest {
protected:
    static std::string mark() { return std::to_string(5'000'000 + ::getpid()); }
    static bool is_python() { return target().profile.empty(); }
    static std::vector<std::string> program() {
        std::vector<std::string> options = target().load;
        options.insert(options.end(), {is_python() ? "--seed" : "--retry-every", mark()});
        return target().command(options);
    }
    static std::vector<std::string> find_marked() {
        std::vector<std::string> options = target().profile;
        options.insert(options.end(),
                       {"--match", "(--seed|--retry-every) " + mark(), "--max-overhead", "off"});
        return options;
    }
    // Its own count of what it did alone.
    static Ledger alone() {
        Workload workload(program());
        return workload.run_round();
    }
    void wait_for(Phase phase, Child& child, const FlowtapDaemon& flowtap) {
        if (phase == Phase::kStarting) return std::this_thread::sleep_for(up_to(60));
        ASSERT_EQ(child.next_line(), "ready " + std::to_string(child.pid()));
        ASSERT_TRUE(flowtap.attaches_to(child.pid())) << flowtap.log();
        if (phase == Phase::kAttached) return;
        child.send_line("go");
        std::this_thread::sleep_for(up_to(100));
    }
    // Goes on after a stop, and must do what it does alone.
    void go_on(Phase phase, Child& child, const Ledger& expected) {
        std::this_thread::sleep_for(up_to(200));
        child.signal(SIGCONT);
        if (phase == Phase::kStarting) {
            ASSERT_EQ(child.next_line(), "ready " + std::to_string(child.pid()));
        }
        if (phase != Phase::kRunning) child.send_line("go");
        EXPECT_TRUE(same_counts(Ledger::parse(child.next_line()), expected));
        child.send_line("exit");
        EXPECT_EQ(child.wait(), 0) << child.errors();
    }
    void strike(int blow, Phase phase, const FlowtapDaemon& flowtap, const Ledger& expected, bool reload) {
        Child child(program());
        ASSERT_NO_FATAL_FAILURE(wait_for(phase, child, flowtap));
        child.signal(blow);
        if (reload) flowtap.child().signal(SIGHUP);
        if (blow == SIGSTOP) return go_on(phase, child, expected);
        EXPECT_EQ(child.wait(), 128 + blow) << child.errors();
    }
};

testing::AssertionResult nothing_is_left(const FlowtapDaemon& flowtap, const KernelHoldings& before) {
    const KernelHoldings now = kernel_holdings(flowtap.child().pid());
    for (const char* table : {"targets", "sites", "landings", "codes", "open"})
        if (now.entries.at(table) != 0)
            return testing::AssertionFailure() << now.entries.at(table) << " entries in " << table;
    if (now.links > before.links) return testing::AssertionFailure() << now.links << " links";
    if (now.descriptors.size() <= before.descriptors.size()) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "open: " << testing::PrintToString(now.descriptors);
}

TEST_P(TargetFaultsTest, TargetsThatEndInAnyPhaseLeaveNothing) {
    const Ledger expected = alone();
    FlowtapDaemon flowtap(find_marked());
    const KernelHoldings before = kernel_holdings(flowtap.child().pid());
    for (int i = 0; i < times(1); ++i) {
        bool reload = i % 2 == 0;
        for (const int blow : kBlows) {
            for (const Phase phase : kPhases) {
                SCOPED_TRACE(std::to_string(blow) + " in phase " + std::to_string(int(phase)));
                ASSERT_NO_FATAL_FAILURE(strike(blow, phase, flowtap, expected, reload = !reload));
            }
        }
    }
    testing::AssertionResult left = nothing_is_left(flowtap, before);
    EXPECT_TRUE(eventually([&] { return bool(left = nothing_is_left(flowtap, before)); })) << left.message();
    expect_exact_at_rest(flowtap);

    // And the next is counted exactly, after a first round: it may have been found amid its imports.
    Workload workload(program());
    ASSERT_TRUE(flowtap.attaches_to(workload.pid())) << flowtap.log();
    workload.run_round();
    workload.reset();
    const Exposition earlier = flowtap.scrape_at_rest();
    const Ledger ledger = workload.run_round();
    EXPECT_TRUE(agrees(flowtap.scrape_at_rest().since(earlier), ledger));
    EXPECT_EQ(workload.leave(), 0);
    EXPECT_EQ(flowtap.stop(SIGTERM), 0);
}

// Some read and compare, some send half a request, some never take their answer.
class Clients {
public:
    explicit Clients(const FlowtapDaemon& flowtap) {
        for (int i = 0; i < kSlow; ++i) {
            slow_.push_back(test::connect_to(flowtap.port()));
            test::send_text(slow_.back(), i % 2 == 0 ? "GET /metrics HTTP/1.1\r\nHo"
                                                     : "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
        }
        for (int i = 0; i < kQuick; ++i) quick_.emplace_back([this, &flowtap] { scrape(flowtap); });
    }
    Clients(const Clients&) = delete;
    Clients& operator=(const Clients&) = delete;
    ~Clients() { stopping_ = true; }  // the threads are joined

    [[nodiscard]] int answers() const { return answers_; }
    [[nodiscard]] int wrong() const { return wrong_; }

private:
    static constexpr int kSlow = 40;
    static constexpr int kQuick = 6;

    void scrape(const FlowtapDaemon& flowtap) {
        while (!stopping_) {
            const Exposition metrics = flowtap.scrape();
            ++answers_;
            // A workflow begins before its first node does.
            if (metrics.has("workflow_node_executions_total") && !identity_holds(metrics)) ++wrong_;
        }
    }

    std::atomic<bool> stopping_ = false;
    std::atomic<int> answers_ = 0;
    std::atomic<int> wrong_ = 0;
    std::vector<Fd> slow_;
    std::vector<std::jthread> quick_;
};

TEST_P(FaultsTest, ManyScrapesAndAReloadChangeNoNumber) {
    Workload workload(target().command(target().load));
    FlowtapDaemon flowtap(watch(workload));
    // After a first scrape: what the server needs for its answers it keeps.
    const double memory = flowtap.scrape().sum("process_resident_memory_bytes");
    const std::size_t descriptors = kernel_holdings(flowtap.child().pid()).descriptors.size();
    Ledger ledger;
    {
        const Clients clients(flowtap);
        for (int i = 0; i < times(2); ++i) {
            workload.start_round();
            std::this_thread::sleep_for(up_to(100));
            flowtap.child().signal(SIGHUP);
            ledger = workload.report();
        }
        EXPECT_TRUE(eventually([&] { return clients.answers() > 20; }));
        EXPECT_EQ(clients.wrong(), 0) << "of " << clients.answers();
    }
    EXPECT_TRUE(eventually([&] {
        return kernel_holdings(flowtap.child().pid()).descriptors.size() <= descriptors;
    })) << testing::PrintToString(kernel_holdings(flowtap.child().pid()).descriptors);
    EXPECT_LT(flowtap.scrape().sum("process_resident_memory_bytes"), memory + kMostGrowth);
    EXPECT_TRUE(agrees(flowtap.scrape_at_rest(), ledger));
    EXPECT_EQ(workload.leave(), 0);
    EXPECT_EQ(flowtap.stop(SIGTERM), 0);
}

std::vector<Target> one_of_each() {
    std::vector<Target> targets = native_targets();
    targets.resize(std::min<std::size_t>(targets.size(), 1));
    const std::vector<Target> python = python_targets();
    targets.insert(targets.end(), python.begin(), python.end());
    return targets;
}

INSTANTIATE_TEST_SUITE_P(Targets, TargetFaultsTest, testing::ValuesIn(one_of_each()), name_of_target);
INSTANTIATE_TEST_SUITE_P(Targets, FaultsTest, testing::ValuesIn(one_of_each()), name_of_target);

}  // namespace
}  // namespace flowtap::system_test::faults_test
