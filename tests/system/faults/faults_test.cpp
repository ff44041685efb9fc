// SPDX-License-Identifier: Apache-2.0
// flowtap, its targets and its clients are killed, stopped and starved while all of them work. Whatever
// happens, the targets do what they would have done, their code is as it was, and the sums are exact.
// FLOWTAP_LONG_TESTS=1 does ten times as much.
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

int times(int in_short) { return std::getenv("FLOWTAP_LONG_TESTS") == nullptr ? in_short : 10 * in_short; }

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
    std::mt19937 random_{4711};
    milliseconds up_to(unsigned most) { return milliseconds(random_() % most); }
};

// At any moment of its start, its attaching and its work.
TEST_P(FaultsTest, KilledAndStartedAgainUnderLoadItLeavesNothingBehind) {
    BusyTarget busy(target());
    Workload& workload = busy.workload();
    const auto addresses = planned_addresses(workload.pid(), target().profile);
    const CodeBytes original = code_bytes(workload.pid(), addresses);
    int attached = 0;
    for (int i = 0; i < times(10); ++i) {
        Child flowtap(run_command(workload));
        const auto end = std::chrono::steady_clock::now() + up_to(1500);
        while (std::chrono::steady_clock::now() < end) {
            busy.keep_working();
            std::this_thread::sleep_for(milliseconds(5));
        }
        attached += code_bytes(workload.pid(), addresses) == breakpoints_at(addresses);
        flowtap.signal(SIGKILL);
        ASSERT_EQ(flowtap.wait(), 128 + SIGKILL) << flowtap.errors();
        ASSERT_TRUE(eventually([&] { return code_bytes(workload.pid(), addresses) == original; })) << i;
    }
    busy.rest();
    RecordProperty("attached", attached);
    FlowtapDaemon flowtap(watch(workload));
    const Ledger ledger = workload.run_round();
    EXPECT_TRUE(agrees(flowtap.scrape(), ledger));
    EXPECT_EQ(workload.leave(), 0);
}

TEST_P(FaultsTest, StoppedForSecondsAndReloadedItLosesNothingUncounted) {
    BusyTarget busy(target());
    FlowtapDaemon flowtap(watch(busy.workload()));
    for (int i = 0; i < times(1); ++i) {
        flowtap.child().signal(SIGSTOP);
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
        while (std::chrono::steady_clock::now() < end) {
            busy.keep_working();
            std::this_thread::sleep_for(milliseconds(5));
        }
        flowtap.child().signal(SIGHUP);
        flowtap.child().signal(SIGCONT);
        busy.rest();
    }
    expect_exact_at_rest(flowtap);
    EXPECT_EQ(busy.workload().leave(), 0);
    EXPECT_EQ(flowtap.stop(SIGTERM), 0);
}

// Before it is attached to, while it is, while it runs: stopped for a while, or killed.
TEST_P(FaultsTest, TargetsThatAreStoppedOrKilledInAnyPhaseLeaveNothing) {
    for (int i = 0; i < times(3); ++i) {
        Workload dies(target().command(target().load));
        FlowtapDaemon flowtap(watch(dies));
        dies.start_round();
        std::this_thread::sleep_for(up_to(200));
        dies.child().signal(SIGSTOP);
        if (i % 3 == 1) flowtap.child().signal(SIGHUP);
        std::this_thread::sleep_for(up_to(200));
        if (i % 2 == 0) {
            dies.child().signal(SIGCONT);
            const Ledger ledger = dies.report();
            EXPECT_TRUE(agrees(flowtap.scrape(), ledger));
            EXPECT_EQ(dies.leave(), 0);
        } else {
            dies.child().signal(SIGKILL);
            EXPECT_EQ(dies.child().wait(), 128 + SIGKILL);
        }
        EXPECT_TRUE(eventually([&] {
            return flowtap.scrape().sum("flowtap_targets", {{"state", "gone"}}) == 1;
        }));
        expect_exact_at_rest(flowtap);
        EXPECT_TRUE(eventually([&] {
            const auto left = kernel_holdings(flowtap.child().pid()).entries;
            return left.at("targets") + left.at("sites") + left.at("open") + left.at("codes") == 0;
        })) << "in the kernel's tables";
    }
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
    ~Clients() { stopping_ = true; }

    [[nodiscard]] int answers() const { return answers_; }
    [[nodiscard]] int wrong() const { return wrong_; }

private:
    static constexpr int kSlow = 40;
    static constexpr int kQuick = 6;

    void scrape(const FlowtapDaemon& flowtap) {
        while (!stopping_) {
            const Exposition metrics = flowtap.scrape();
            ++answers_;
            if (metrics.has("workflow_executions_total", {{"status", "started"}}) && !identity_holds(metrics))
                ++wrong_;
        }
    }

    std::atomic<bool> stopping_ = false;
    std::atomic<int> answers_ = 0;
    std::atomic<int> wrong_ = 0;
    std::vector<Fd> slow_;
    std::vector<std::jthread> quick_;
};

TEST_P(FaultsTest, AStormOfScrapesAndAReloadAmidItChangeNoNumber) {
    Workload workload(target().command(target().load));
    FlowtapDaemon flowtap(watch(workload));
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
    EXPECT_TRUE(agrees(flowtap.scrape(), ledger));
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

INSTANTIATE_TEST_SUITE_P(Targets, FaultsTest, testing::ValuesIn(one_of_each()), name_of_target);

}  // namespace
}  // namespace flowtap::system_test::faults_test
