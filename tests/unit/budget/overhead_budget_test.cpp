// SPDX-License-Identifier: Apache-2.0
// The decision on targets that do not exist, second by second.
#include "budget/overhead_budget.h"

#include <gtest/gtest.h>

namespace flowtap::overhead_budget_test {
namespace {

constexpr double kMost = 0.05;
constexpr std::uint64_t kSecond = 1'000'000'000;

// A target whose own work and whose probes cost the same in every second, until that is changed.
class Simulation {
public:
    std::optional<BudgetDecision> second() {
        sample_.time_ns += kSecond;
        for (const auto& [group, seconds] : probes) {
            const Reductions& now = budget.reductions();
            if (now.all || now.groups.contains(group)) continue;
            sample_.added_seconds[group] += seconds;
            sample_.cpu_seconds += seconds;
        }
        sample_.cpu_seconds += own;
        sample_.running_seconds = has_running_seconds && !budget.reductions().running_seconds;
        sample_.complete = has_complete && !budget.reductions().complete;
        return budget.decide(sample_);
    }
    // The first decision in so many seconds, and after how many.
    std::optional<BudgetDecision> wait(int seconds) {
        for (waited = 1; waited <= seconds; ++waited)
            if (auto decision = second()) return decision;
        return std::nullopt;
    }

    OverheadBudget budget{kMost};
    double own = 0.5;
    std::map<std::string, double> probes = {{"calls", 0.4}, {"coroutines", 0.1}};
    bool has_running_seconds = true;
    bool has_complete = true;
    int waited = 0;

private:
    OverheadSample sample_;
};

TEST(OverheadBudget, LeavesATargetAloneThatPaysLess) {
    Simulation target;
    target.probes = {{"calls", 0.02}};
    EXPECT_FALSE(target.wait(3600));
    ASSERT_TRUE(target.budget.share());
    EXPECT_NEAR(*target.budget.share(), 0.04, 1e-9);
}

TEST(OverheadBudget, LeavesATargetAloneThatHardlyRuns) {
    Simulation target;
    target.own = 0.0001;
    target.probes = {{"calls", 0.0005}};
    EXPECT_FALSE(target.wait(3600)) << "five times its own time, but half a thousandth of a CPU";
}

TEST(OverheadBudget, DoesNothingInTheFirstMinute) {
    Simulation target;
    EXPECT_FALSE(target.wait(60));
    const auto decision = target.second();
    ASSERT_TRUE(decision);
    EXPECT_EQ(decision->step, ReductionStep::kRunningSeconds);
    EXPECT_FALSE(decision->restores);
    EXPECT_NEAR(decision->share, 1.0, 1e-9);
    EXPECT_EQ(decision->measured_ns, OverheadBudget::kWindowNs);
}

TEST(OverheadBudget, TakesItsStepsInOrder) {
    Simulation target;
    std::vector<ReductionStep> steps;
    for (int i = 0; i < 2; i++) steps.push_back(target.wait(61)->step);
    const auto dearest = target.wait(61);
    ASSERT_TRUE(dearest);
    steps.push_back(dearest->step);
    EXPECT_EQ(dearest->group, "calls");
    const auto all = target.wait(61);
    ASSERT_TRUE(all);
    steps.push_back(all->step);
    EXPECT_EQ(target.waited, 11) << "each is measured for ten seconds";
    EXPECT_EQ(steps, (std::vector{ReductionStep::kRunningSeconds, ReductionStep::kComplete,
                                  ReductionStep::kMostExpensive, ReductionStep::kAll}));
}

TEST(OverheadBudget, StopsAtTheStepThatIsEnough) {
    Simulation target;
    target.has_running_seconds = target.has_complete = false;
    target.probes = {{"calls", 0.4}, {"coroutines", 0.01}};
    EXPECT_EQ(target.wait(61)->step, ReductionStep::kMostExpensive);
    EXPECT_FALSE(target.wait(59));
    EXPECT_EQ(target.budget.reductions().groups, std::set<std::string>{"calls"});
}

TEST(OverheadBudget, LeavesOutAllAtOnceWhereThereIsOneGroup) {
    Simulation target;
    target.has_running_seconds = target.has_complete = false;
    target.probes = {{"calls", 0.4}};
    EXPECT_EQ(target.wait(61)->step, ReductionStep::kAll);
}

TEST(OverheadBudget, TriesAgainWithPausesThatDouble) {
    Simulation target;
    target.has_running_seconds = target.has_complete = false;
    target.probes = {{"calls", 0.4}};
    ASSERT_TRUE(target.wait(61));
    for (int pause : {60, 120, 240, 480, 960, 1920, 3600, 3600}) {
        const auto restored = target.wait(4000);
        ASSERT_TRUE(restored);
        EXPECT_TRUE(restored->restores);
        EXPECT_EQ(target.waited, pause);
        EXPECT_FALSE(target.budget.reductions().any());
        const auto again = target.wait(20);
        ASSERT_TRUE(again);
        EXPECT_FALSE(again->restores);
        EXPECT_EQ(target.waited, 11);
    }
}

// Where the last step is what helped, the first one is not tried again with it: the target would pay for
// both.
TEST(OverheadBudget, TriesOneStepAgainBeforeTheNext) {
    Simulation target;
    target.has_complete = false;
    ASSERT_EQ(target.wait(61)->step, ReductionStep::kRunningSeconds);
    target.probes = {{"calls", 0.4}, {"coroutines", 0.01}};
    ASSERT_EQ(target.wait(11)->step, ReductionStep::kMostExpensive);
    for (int pause : {60, 120, 240}) {
        const auto restored = target.wait(pause);
        ASSERT_TRUE(restored);
        EXPECT_EQ(target.waited, pause);
        EXPECT_EQ(restored->step, ReductionStep::kMostExpensive);
        const auto next = target.wait(11);
        ASSERT_TRUE(next);
        EXPECT_FALSE(next->restores) << step_name(next->step);
        EXPECT_EQ(next->step, ReductionStep::kMostExpensive);
    }
}

TEST(OverheadBudget, KeepsWhatWasRestoredOnceTheTargetHasCalmedDown) {
    Simulation target;
    target.has_running_seconds = target.has_complete = false;
    target.probes = {{"calls", 0.4}};
    ASSERT_TRUE(target.wait(61));
    target.probes = {{"calls", 0.001}};
    ASSERT_TRUE(target.wait(60));
    EXPECT_FALSE(target.wait(7200));
    EXPECT_FALSE(target.budget.reductions().any());
}

TEST(OverheadBudget, IgnoresABurstShorterThanAMinute) {
    Simulation target;
    target.own = 1;
    target.probes = {{"calls", 1.0}};
    EXPECT_FALSE(target.wait(2));
    target.probes = {{"calls", 0.001}};
    EXPECT_FALSE(target.wait(600)) << "two seconds in sixty are 3 %";
}

}  // namespace
}  // namespace flowtap::overhead_budget_test
