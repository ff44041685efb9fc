// SPDX-License-Identifier: Apache-2.0
#include "plan/expected_hits.h"

#include <gtest/gtest.h>

#include <vector>

namespace flowtap::expected_hits_test {
namespace {

constexpr double kEmulatedMicroseconds = 0.8;
constexpr double kSingleStepMicroseconds = 11;
constexpr Prices kPrices{.emulated = kEmulatedMicroseconds / 1e6,
                         .single_stepped = kSingleStepMicroseconds / 1e6};

PlannedProbe probe(const char* name, SiteCost cost) {
    PlannedProbe planned;
    planned.name = name;
    planned.cost = cost;
    return planned;
}

Candidate priced(PointMechanism mechanism, const std::vector<PlannedProbe>& probes, Exactness exactness) {
    Candidate one;
    one.mechanism = mechanism;
    one.exactness = exactness;
    one.expected = expected_cost(probes, 13, kPrices);
    return one;
}

TEST(ExpectedHits, AreTimesThePriceOfTheSite) {
    const std::vector cheap = {probe("python:call-entry", SiteCost::kEmulated)};
    const std::vector dear = {probe("python:call-entry", SiteCost::kSingleStep)};
    const double hits = expected_hits("python:call-entry", 13);
    EXPECT_GT(hits, 1);
    EXPECT_DOUBLE_EQ(expected_cost(cheap, 13, kPrices).hits, hits);
    EXPECT_DOUBLE_EQ(expected_cost(cheap, 13, kPrices).microseconds.value(), hits * kEmulatedMicroseconds);
    EXPECT_DOUBLE_EQ(expected_cost(dear, 13, kPrices).microseconds.value(), hits * kSingleStepMicroseconds);
}

TEST(ExpectedHits, AreThoseOfAllPlacesOfOneNameTogether) {
    const std::vector exits = {probe("python:call-exit", SiteCost::kEmulated),
                               probe("python:call-exit", SiteCost::kSingleStep),
                               probe("python:call-exit", SiteCost::kEmulated)};
    const double hits = expected_hits("python:call-exit", 11);
    const ExpectedCost cost = expected_cost(exits, 11, kPrices);
    EXPECT_DOUBLE_EQ(cost.hits, hits);
    EXPECT_DOUBLE_EQ(cost.microseconds.value(), hits * kSingleStepMicroseconds);
    EXPECT_DOUBLE_EQ(cost.least_microseconds.value(), hits * kEmulatedMicroseconds);
}

TEST(ExpectedHits, HaveNoPriceWhereNoneWasMeasured) {
    const std::vector mixed = {probe("python:call-exit", SiteCost::kEmulated),
                               probe("python:call-exit", SiteCost::kSingleStep)};
    const ExpectedCost cost = expected_cost(mixed, 11, {});
    EXPECT_DOUBLE_EQ(cost.hits, expected_hits("python:call-exit", 11));
    EXPECT_DOUBLE_EQ(cost.expensive_hits, cost.hits);
    EXPECT_FALSE(cost.microseconds);
    EXPECT_FALSE(watched_call_cost(kPrices).microseconds) << "the price of a watch is not among these";
    EXPECT_EQ(cost_text(cost), "about 20 hits");
}

TEST(ExpectedHits, FollowTheMachinesPrices) {
    const std::vector calls = {probe("python:call-entry", SiteCost::kEmulated)};
    const double here = expected_cost(calls, 13, kPrices).microseconds.value();
    const Prices elsewhere{.emulated = 10 * kPrices.emulated.value()};
    EXPECT_DOUBLE_EQ(expected_cost(calls, 13, elsewhere).microseconds.value(), 10 * here);
}

TEST(ExpectedHits, CostNothingWhereNothingIsExpected) {
    const std::vector rare = {probe("python:abandoned", SiteCost::kSingleStep)};
    EXPECT_DOUBLE_EQ(expected_cost(rare, 14, kPrices).microseconds.value(), 0);
    EXPECT_DOUBLE_EQ(expected_hits("python:nothing-of-this-name", 14), 0);
}

TEST(ExpectedHits, OfVersionsBeyondTheTableAreThoseOfTheNearest) {
    EXPECT_DOUBLE_EQ(expected_hits("python:step-entry", 8), expected_hits("python:step-entry", 11));
    EXPECT_DOUBLE_EQ(expected_hits("python:step-entry", 99), expected_hits("python:step-entry", 14));
    EXPECT_GT(expected_hits("python:step-entry", 11), expected_hits("python:step-entry", 12))
        << "every await is a step there";
}

// Two exact mechanisms of interpreters that do not exist: many hits or few. What the compiler made of the
// functions decides.
TEST(ExpectedHits, LetThePriceOfASiteFlipTheChoice) {
    const auto creations = [](SiteCost cost) {
        return priced(PointMechanism::kCoroutineLifetimes, {probe("python:created", cost)},
                      Exactness::kExact);
    };
    const auto steps = [](SiteCost cost) {
        return priced(PointMechanism::kCoroutineSteps, {probe("python:step-entry", cost)}, Exactness::kExact);
    };
    const std::vector alike = {creations(SiteCost::kEmulated), steps(SiteCost::kEmulated)};
    const std::vector dear_steps = {creations(SiteCost::kEmulated), steps(SiteCost::kSingleStep)};
    EXPECT_EQ(choose_mechanism(alike, Preference::kComplete), 1u) << "23 x 0.8 us against 3.75 x 0.8";
    EXPECT_EQ(choose_mechanism(dear_steps, Preference::kComplete), 0u) << "23 x 0.8 us against 3.75 x 11";
}

}  // namespace
}  // namespace flowtap::expected_hits_test
