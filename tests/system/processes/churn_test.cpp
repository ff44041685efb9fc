// SPDX-License-Identifier: Apache-2.0
// Hundreds of processes in several namespaces that begin, fork, become others and are killed, while flowtap
// looks for targets. Those that were attached to before they began are counted exactly; of those that were
// killed unawares nothing is left.
#include <algorithm>
#include <array>
#include <csignal>
#include <memory>
#include <random>

#include "contained.h"
#include "flowtap_daemon.h"
#include "interpreters.h"
#include "kernel_tables.h"
#include "paths.h"
#include "system_test.h"
#include "temporary_directory.h"
#include "workload.h"

namespace flowtap::system_test::churn_test {
namespace {

constexpr int kWaves = 6;          // in each half
constexpr std::size_t kAwait = 8;  // of a wave: attached to before they begin
constexpr int kUnaware = 10;       // of a wave: killed whenever it happens
constexpr int kPython = 2;         // that live through the first half
constexpr double kMostGrowth = 16 << 20;

std::string mark() { return std::to_string(3'000'000 + ::getpid()); }
std::string unaware_program() { return std::string(kWaysDirectory) + "/gcc/ways"; }

class ChurnTest : public SystemTest {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (IsSkipped()) return;
        const std::vector<Room> all = {{{"--mount"}},
                                       {{"--mount", "--pid", "--mount-proc"}},
                                       {{"--user", "--map-root-user", "--mount", "--pid", "--mount-proc"}}};
        for (const Room& room : all) {
            if (const std::string missing = missing_for(room); !missing.empty())
                GTEST_SKIP() << "missing: " << missing;
        }
        rooms_ = all;
        flowtap_ = std::make_unique<FlowtapDaemon>(std::vector<std::string>{
            "--config", directory_.write("flowtap.yaml", "target_labels: [exe]\n"), "--profile",
            kEngineCProfile, "--profile", kEngineCppProfile, "--profile", kWaysProfile, "--match",
            "(--seed|--retry-every) " + mark()});
    }

    static double ended(const Exposition& metrics, const Labels& labels) {
        Labels started = labels;
        started.emplace("status", "started");
        return metrics.sum("workflow_executions_total", labels) -
               metrics.sum("workflow_executions_total", started);
    }

    // The workflow metrics of all but the unaware, as if no target had a label. What was killed may have
    // ended without a known duration: then it is in no latency, so of those only the bounds are known.
    [[nodiscard]] Exposition of_the_aware() const {
        const Exposition all = flowtap_->scrape();
        const double unaware = ended(all, {{"exe", unaware_program()}});
        const double aware = ended(all, {}) - unaware;
        return all.select([&](Sample& sample) {
            const bool has_no_labels = sample.name == "workflow_latency_seconds_count";
            if (has_no_labels) sample.value = std::clamp(aware, sample.value - unaware, sample.value);
            const auto exe = sample.labels.find("exe");
            if (exe == sample.labels.end() || exe->second == unaware_program()) return has_no_labels;
            sample.labels.erase(exe);
            return true;
        });
    }

    void start_wave() {
        for (std::size_t i = 0; i < kAwait; ++i) {
            const char* program = i % 3 == 0 ? kEngineCpp : kEngineC;
            aware_.push_back(std::make_unique<Contained>(
                rooms_[i % rooms_.size()],
                std::vector<std::string>{program, "--runs", "9", "--fail-every", "4", "--threads", "2",
                                         "--retry-every", mark()}));
        }
    }
    void start_unaware() {
        for (int i = 0; i < kUnaware; ++i) {
            unaware_.push_back(std::make_unique<Child>(
                std::vector<std::string>{unaware_program(), "--way", "return,throw,recursion", "--runs",
                                         "5000", "--work-us", "50", "--retry-every", mark()}));
            unaware_.back()->send_line("go");
        }
        // A Python program that forks a copy of itself, which waits for its line until the pipe is closed.
        if (interpreters().front().empty()) return;
        unaware_.push_back(std::make_unique<Child>(std::vector<std::string>{
            interpreters().front(), "-B", std::string(kTestsDirectory) + "/engine/late.py", "fork", "--seed",
            mark()}));
        unaware_.back()->send_line("fork");
    }
    void start_python() {
        for (int i = 0; i < kPython && !interpreters().front().empty(); ++i)
            python_.push_back(std::make_unique<Workload>(std::vector<std::string>{
                interpreters().front(), "-B", std::string(kTestsDirectory) + "/engine/workload.py", "--runs",
                "5", "--fail-every", "2", "--seed", mark()}));
    }
    void kill_unaware() {
        for (const auto& child : unaware_) {
            std::this_thread::sleep_for(std::chrono::microseconds(random_() % 4000));
            child->signal(SIGKILL);
        }
        unaware_.clear();
    }
    // All rounds at once; then they end, in turn by themselves and by force.
    void count_wave() {
        for (const auto& target : aware_)
            ASSERT_TRUE(flowtap_->attaches_to(target->pid())) << target->pid() << flowtap_->child().errors();
        for (const auto& target : aware_) target->child().send_line("go");
        for (std::size_t i = 0; i < aware_.size(); ++i) {
            ledgers_.push_back(Ledger::parse(aware_[i]->child().next_line()));
            if (i % 2 == 0) {
                aware_[i]->child().signal(SIGKILL);
            } else {
                EXPECT_EQ(aware_[i]->leave(), 0);
            }
        }
        aware_.clear();
    }
    void run_half() {
        for (int wave = 0; wave < kWaves; ++wave) {
            start_unaware();
            start_wave();
            kill_unaware();
            ASSERT_NO_FATAL_FAILURE(count_wave());
        }
    }

    // They have been attached to while they imported: only now everything of theirs is observed.
    void count_python() {
        for (const auto& program : python_) program->start_round();
        for (const auto& program : python_) ledgers_.push_back(program->report());
        python_.clear();
    }

    [[nodiscard]] testing::AssertionResult nothing_is_left(const KernelHoldings& before) const {
        const KernelHoldings now = kernel_holdings(flowtap_->child().pid());
        for (const char* table : {"targets", "sites", "landings", "codes", "open"})
            if (now.entries.at(table) != 0)
                return testing::AssertionFailure() << now.entries.at(table) << " entries in " << table;
        if (now.links > before.links) return testing::AssertionFailure() << now.links << " links";
        if (now.descriptors.size() > before.descriptors.size())
            return testing::AssertionFailure() << "open: " << testing::PrintToString(now.descriptors);
        return testing::AssertionSuccess();
    }

    TemporaryDirectory directory_;
    std::vector<Room> rooms_;
    std::unique_ptr<FlowtapDaemon> flowtap_;
    std::vector<std::unique_ptr<Contained>> aware_;
    std::vector<std::unique_ptr<Child>> unaware_;
    std::vector<std::unique_ptr<Workload>> python_;
    std::vector<Ledger> ledgers_;
    std::minstd_rand random_{1};
};

TEST_F(ChurnTest, CountsAreExactAndNothingIsLeftBehind) {
    const KernelHoldings before = kernel_holdings(flowtap_->child().pid());
    start_python();
    ASSERT_NO_FATAL_FAILURE(run_half());
    count_python();
    EXPECT_TRUE(eventually([&] { return static_cast<bool>(nothing_is_left(before)); }));
    EXPECT_TRUE(nothing_is_left(before));
    const double memory = flowtap_->scrape().sum("process_resident_memory_bytes");

    ASSERT_NO_FATAL_FAILURE(run_half());
    EXPECT_TRUE(eventually([&] { return static_cast<bool>(nothing_is_left(before)); }));
    EXPECT_TRUE(nothing_is_left(before));
    const Exposition metrics = flowtap_->scrape();
    EXPECT_LT(metrics.sum("process_resident_memory_bytes"), memory + kMostGrowth);

    EXPECT_TRUE(agrees(of_the_aware(), sum_of(ledgers_)));
    EXPECT_TRUE(identity_holds(metrics));
    EXPECT_TRUE(no_event_vanished(metrics));
    EXPECT_EQ(metrics.sum("flowtap_events_lost_total"), 0);
    EXPECT_EQ(metrics.sum("active_workflows"), 0);
    EXPECT_EQ(metrics.sum("workflow_node_executions_active"), 0);
    EXPECT_GE(metrics.sum("flowtap_targets", {{"state", "gone"}}), 2.0 * kWaves * kAwait);
    EXPECT_EQ(metrics.sum("flowtap_targets", {{"state", "attached"}}), 0);
    EXPECT_EQ(flowtap_->stop(SIGTERM), 0);
}

}  // namespace
}  // namespace flowtap::system_test::churn_test
