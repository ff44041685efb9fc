// SPDX-License-Identifier: Apache-2.0
// A hundred processes of three kinds that come and go.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>

#include "flowtap_daemon.h"
#include "interpreters.h"
#include "paths.h"
#include "system_test.h"
#include "workload.h"

namespace flowtap::system_test::many_targets_test {
namespace {

constexpr int kNative = 100;
constexpr int kPython = 4;
constexpr int kKilled = 30;

using Workloads = std::vector<std::unique_ptr<Workload>>;

std::string mark() { return std::to_string(2'000'000 + ::getpid()); }

class ManyTargetsTest : public SystemTest {
protected:
    void start_all() {
        for (int i = 0; i < kNative; ++i)
            start({i % 2 == 0 ? kEngineC : kEngineCpp, "--runs", "4", "--fail-every", "3", "--retry-every",
                   mark()});
        const std::string interpreter = interpreters().front();
        for (int i = 0; i < kPython && !interpreter.empty(); ++i)
            start({interpreter, "-B", std::string(kTestsDirectory) + "/engine/workload.py", "--runs", "3",
                   "--fail-every", "2", "--seed", mark()});
    }
    void start(const std::vector<std::string>& command) {
        workloads_.push_back(std::make_unique<Workload>(command));
    }
    [[nodiscard]] bool all_attached() {
        return eventually(
            [this] {
                const std::string said = flowtap_.child().errors();
                return std::ranges::all_of(workloads_, [&](const auto& workload) {
                    return said.find("attached to process " + workload->pid_text()) != std::string::npos;
                });
            },
            std::chrono::seconds(60));
    }
    // All at once.
    [[nodiscard]] testing::AssertionResult counts_a_round() {
        for (const auto& workload : workloads_) workload->reset();
        const Exposition before = flowtap_.scrape_at_rest();
        for (const auto& workload : workloads_) workload->start_round();
        std::vector<Ledger> ledgers;
        for (const auto& workload : workloads_) ledgers.push_back(workload->report());
        return agrees(flowtap_.scrape_at_rest().since(before), sum_of(ledgers));
    }
    [[nodiscard]] bool comes_to(const char* state, double count) {
        return eventually([&] {
            return flowtap_.scrape().sum("flowtap_targets", {{"state", state}}) == count;
        });
    }
    [[nodiscard]] std::ptrdiff_t descriptors() {
        const std::string directory = "/proc/" + std::to_string(flowtap_.child().pid()) + "/fd";
        return std::distance(std::filesystem::directory_iterator(directory), {});
    }

    FlowtapDaemon flowtap_{{"--profile", kEngineCProfile, "--profile", kEngineCppProfile, "--match",
                            "(--seed|--retry-every) " + mark()}};
    Workloads workloads_;
};

TEST_F(ManyTargetsTest, AreAllCountedExactlyAndLeaveNothingBehind) {
    const std::ptrdiff_t before = descriptors();
    start_all();
    ASSERT_TRUE(all_attached()) << flowtap_.child().errors();
    // Python programs may have been attached to amid their imports.
    eventually([this] { return static_cast<bool>(counts_a_round()); });
    EXPECT_TRUE(counts_a_round());

    for (int i = 0; i < kKilled; ++i) workloads_[static_cast<std::size_t>(i)]->child().signal(SIGKILL);
    workloads_.erase(workloads_.begin(), workloads_.begin() + kKilled);
    EXPECT_TRUE(comes_to("gone", kKilled));
    EXPECT_TRUE(counts_a_round());

    const auto all = static_cast<double>(workloads_.size() + kKilled);
    workloads_.clear();
    EXPECT_TRUE(comes_to("gone", all));
    EXPECT_TRUE(comes_to("attached", 0));
    EXPECT_TRUE(identity_holds(flowtap_.scrape()));
    EXPECT_TRUE(eventually([&] { return descriptors() <= before; })) << descriptors() << " after " << before;
    EXPECT_EQ(flowtap_.stop(SIGTERM), 0);
}

}  // namespace
}  // namespace flowtap::system_test::many_targets_test
