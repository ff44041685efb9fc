// SPDX-License-Identifier: Apache-2.0
// Hits and prices make costs.
#include "budget/target_overhead.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "budget/decision_text.h"
#include "budget/measured_cost.h"

namespace flowtap::target_overhead_test {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr double kTrap = 1e-6 - kProgramSeconds - kDisplacedSeconds;  // so that a hit costs a microsecond
const Prices kPrices{.emulated = kTrap};

std::vector<SiteHits> emulated(std::uint64_t hits) { return {{"probe", ProbeKind::kEmulated, hits}}; }

TEST(TargetOverhead, IsHitsTimesPrice) {
    TargetOverhead target(1, std::nullopt);
    for (std::uint64_t second = 0; second <= 60; second++)
        target.update(second * kSecond + 1, emulated(20'000 * second), {}, kPrices,
                      0.12 * static_cast<double>(second));
    EXPECT_NEAR(target.added_seconds(), 1.2, 1e-9);
    ASSERT_TRUE(target.hits_per_second());
    EXPECT_NEAR(*target.hits_per_second(), 20'000, 1e-6);
    ASSERT_TRUE(target.share());
    EXPECT_NEAR(*target.share(), 0.02 / 0.1, 1e-9);
}

TEST(TargetOverhead, IsKnownByGroupForAnAttachment) {
    TargetOverhead target(1, std::nullopt);
    target.update(kSecond, emulated(1'000'000), {}, kPrices, 2);
    ASSERT_EQ(target.use_by_group().size(), 1U);
    const GroupUse& use = target.use_by_group().begin()->second;
    EXPECT_EQ(use.hits, 1'000'000U);
    EXPECT_NEAR(use.seconds.value_or(0), 1, 1e-9);
    target.update(2 * kSecond, emulated(1'000'000), {}, Prices{}, 2);
    EXPECT_FALSE(target.use_by_group().begin()->second.seconds) << "no price is known";
    target.detached();
    EXPECT_TRUE(target.use_by_group().empty());
}

TEST(TargetOverhead, GrowsWithEachOtherTargetOfTheFile) {
    TargetOverhead target(1, std::nullopt);
    target.update(kSecond, {{{"probe", ProbeKind::kEmulated, 1'000'000, 0}}}, {}, kPrices, 2);
    EXPECT_NEAR(target.added_seconds(), 1, 1e-9);
    target.update(2 * kSecond, {{{"probe", ProbeKind::kEmulated, 2'000'000, 100}}}, {}, kPrices, 4);
    EXPECT_NEAR(target.added_seconds(), 2 + 100 * 1e6 * kOtherTargetSeconds, 1e-9)
        << "what was hit before they came keeps its price";
    target.update(3 * kSecond, {{{"probe", ProbeKind::kEmulated, 3'000'000, 0}}}, {}, kPrices, 6);
    EXPECT_NEAR(target.added_seconds(), 3 + 100 * 1e6 * kOtherTargetSeconds, 1e-9);
}

TEST(TargetOverhead, GoesOnOverAnAttachment) {
    TargetOverhead target(1, std::nullopt);
    target.update(kSecond, emulated(1'000'000), {}, kPrices, 2);
    target.detached();
    EXPECT_NEAR(target.added_seconds(), 1, 1e-9);
    target.update(2 * kSecond, emulated(500'000), {}, kPrices, 3);
    EXPECT_NEAR(target.added_seconds(), 1.5, 1e-9);
    EXPECT_FALSE(target.hits_per_second()) << "not since the last look";
}

TEST(TargetOverhead, GivesNothingUpWithoutALimit) {
    TargetOverhead target(1, std::nullopt);
    for (std::uint64_t second = 1; second <= 600; second++)
        ASSERT_FALSE(target.update(second * kSecond, emulated(900'000 * second), {}, kPrices,
                                   static_cast<double>(second)));
    EXPECT_FALSE(target.reductions().any());
}

TEST(TargetOverhead, GivesUpAllWhereNothingElseIsLeft) {
    TargetOverhead target(1, 0.05);
    std::optional<BudgetDecision> decision;
    for (std::uint64_t second = 1; second <= 61 && !decision; second++)
        decision = target.update(second * kSecond, emulated(900'000 * second), {}, kPrices,
                                 static_cast<double>(second));
    ASSERT_TRUE(decision);
    EXPECT_EQ(decision->step, ReductionStep::kAll);
    EXPECT_EQ(
        decision_text(*decision),
        "its probes added 900.0 % to its own CPU time in 60 s, more than --max-overhead allows: no longer "
        "observed: all points");
}

// The first step of a target that costs far too much.
std::optional<ReductionStep> first_step(const Plan& plan) {
    TargetOverhead target(1, 0.05);
    for (std::uint64_t second = 1; second <= 61; second++)
        if (const auto decision = target.update(second * kSecond, emulated(900'000 * second), plan, kPrices,
                                                static_cast<double>(second)))
            return decision->step;
    return std::nullopt;
}

TEST(TargetOverhead, IsReducedByCheaperMechanismsWhereThePlanHasAnyAndDoesNotPreferThemAlready) {
    Plan plan;
    plan.points.resize(1);
    plan.points[0].observe_by(PointMechanism::kMethodCalls);
    plan.wishes.preference = Preference::kComplete;
    EXPECT_EQ(first_step(plan), ReductionStep::kAll) << "there is no other mechanism";
    plan.points[0].rejected.resize(1);
    EXPECT_EQ(first_step(plan), ReductionStep::kComplete);
    plan.wishes.preference = Preference::kCheap;
    EXPECT_EQ(first_step(plan), ReductionStep::kAll);
}

TEST(TargetOverhead, IsNotKnownWithoutAPrice) {
    TargetOverhead target(1, 0.05);
    for (std::uint64_t second = 1; second <= 600; second++)
        ASSERT_FALSE(
            target.update(second * kSecond, emulated(900'000 * second), {}, {}, static_cast<double>(second)));
    EXPECT_FALSE(target.share());
    EXPECT_TRUE(target.hits_per_second());
}

MeasuredCost measured() {
    MeasuredCost cost;
    cost.seconds = 10;
    cost.cpu_seconds = 1.1;
    cost.prices = kPrices;
    cost.probes = {{"python:created", "coroutines", ProbeKind::kEmulated, 60'000},
                   {"python:completion", "coroutines", ProbeKind::kEmulated, 20'000},
                   {"python:call-entry", "calls", ProbeKind::kEmulated, 20'000}};
    return cost;
}

TEST(MeasuredCost, IsSplitByMechanismAndProbe) {
    EXPECT_EQ(to_text(measured()),
              "measured for 10.0 s: the process used 1.100 s of CPU time\n"
              "  mechanism and probe                              hits/s     overhead\n"
              "  calls                                            2000.0       2.00 %\n"
              "    python:call-entry                                2000.0       2.00 %\n"
              "  coroutines                                       8000.0       8.00 %\n"
              "    python:created                                   6000.0       6.00 %\n"
              "    python:completion                                2000.0       2.00 %\n"
              "  all                                             10000.0      10.00 %\n");
    const auto json = to_json(measured());
    EXPECT_NEAR(json["overhead"].get<double>(), 0.1, 1e-9);
    EXPECT_EQ(json["probes"][0]["mechanism"], "coroutines");
}

TEST(MeasuredCost, KnowsTheOtherTargetsOfTheFile) {
    MeasuredCost cost = measured();
    cost.probes = {{"python:created", "coroutines", ProbeKind::kEmulated, 100'000, 20}};
    const double more = 20 * 1e5 * kOtherTargetSeconds;
    EXPECT_NEAR(to_json(cost)["overhead"].get<double>(), (0.1 + more) / (1.1 - 0.1 - more), 1e-9);
}

TEST(MeasuredCost, IsNotKnownWhereAPriceIsNot) {
    MeasuredCost cost = measured();
    cost.probes.push_back({"python:drive-exit", "coroutines", ProbeKind::kSingleStepped, 1});
    EXPECT_THAT(to_text(cost), HasSubstr("not known"));
    EXPECT_TRUE(to_json(cost)["overhead"].is_null());
    cost.probes.back().hits = 0;
    EXPECT_FALSE(to_json(cost)["overhead"].is_null()) << "it was not paid";
}

}  // namespace
}  // namespace flowtap::target_overhead_test
