// SPDX-License-Identifier: Apache-2.0
#include "plan/expected_cost.h"

#include <gtest/gtest.h>

#include <vector>

namespace flowtap::expected_cost_test {
namespace {

constexpr double kEmulatedMicroseconds = 0.8;
constexpr double kSingleStepMicroseconds = 11;
constexpr Prices kPrices{.emulated = kEmulatedMicroseconds / 1e6,
                         .single_stepped = kSingleStepMicroseconds / 1e6};
constexpr double kCalls = 20.3;
constexpr unsigned kMinor = 13;

ExpectedHits expected_hits() {
    ExpectedHits hits;
    hits.add("python:call-entry", 11, 19.5);
    hits.add("python:call-entry", 12, kCalls);
    hits.add("python:call-exit", 11, kCalls);
    hits.add("python:created", 11, 23);
    hits.add("python:step-entry", 11, 3.75);
    hits.add("python:abandoned", 11, 0);
    return hits;
}

PlannedProbe probe(const char* name, SiteCost cost) {
    PlannedProbe planned;
    planned.name = name;
    planned.cost = cost;
    return planned;
}

ExpectedCost cost_of(const std::vector<PlannedProbe>& probes, const Prices& prices = kPrices) {
    const auto cost = expected_cost(probes, expected_hits(), kMinor, prices);
    EXPECT_TRUE(cost);
    return cost.value_or(ExpectedCost{});
}

Candidate priced(PointMechanism mechanism, const std::vector<PlannedProbe>& probes, Exactness exactness) {
    Candidate one;
    one.mechanism = mechanism;
    one.exactness = exactness;
    one.expected = cost_of(probes);
    return one;
}

TEST(ExpectedCost, IsTheHitsTimesThePriceOfTheSite) {
    const std::vector cheap = {probe("python:call-entry", SiteCost::kEmulated)};
    const std::vector dear = {probe("python:call-entry", SiteCost::kSingleStep)};
    EXPECT_DOUBLE_EQ(cost_of(cheap).hits, kCalls) << "the figure of 3.12, which is that of 3.13 as well";
    EXPECT_DOUBLE_EQ(cost_of(cheap).microseconds.value(), kCalls * kEmulatedMicroseconds);
    EXPECT_DOUBLE_EQ(cost_of(dear).microseconds.value(), kCalls * kSingleStepMicroseconds);
}

TEST(ExpectedCost, CountsAllPlacesOfOneNameOnce) {
    const ExpectedCost cost = cost_of({probe("python:call-exit", SiteCost::kEmulated),
                                       probe("python:call-exit", SiteCost::kSingleStep),
                                       probe("python:call-exit", SiteCost::kEmulated)});
    EXPECT_DOUBLE_EQ(cost.hits, kCalls);
    EXPECT_DOUBLE_EQ(cost.microseconds.value(), kCalls * kSingleStepMicroseconds);
    EXPECT_DOUBLE_EQ(cost.least_microseconds.value(), kCalls * kEmulatedMicroseconds);
}

TEST(ExpectedCost, HasNoPriceWhereNoneWasMeasured) {
    const ExpectedCost cost = cost_of(
        {probe("python:call-exit", SiteCost::kEmulated), probe("python:call-exit", SiteCost::kSingleStep)},
        {});
    EXPECT_DOUBLE_EQ(cost.hits, kCalls);
    EXPECT_DOUBLE_EQ(cost.expensive_hits, cost.hits);
    EXPECT_FALSE(cost.microseconds);
    EXPECT_FALSE(watched_call_cost(kPrices).microseconds) << "the price of a watch is not among these";
    EXPECT_EQ(cost_text(cost), "about 20 hits");
}

TEST(ExpectedCost, FollowsTheMachinesPrices) {
    const std::vector calls = {probe("python:call-entry", SiteCost::kEmulated)};
    const Prices elsewhere{.emulated = 10 * kPrices.emulated.value()};
    EXPECT_DOUBLE_EQ(cost_of(calls, elsewhere).microseconds.value(),
                     10 * cost_of(calls).microseconds.value());
}

TEST(ExpectedCost, IsNothingForProbesThatAlmostNeverFire) {
    EXPECT_DOUBLE_EQ(cost_of({probe("python:abandoned", SiteCost::kSingleStep)}, {}).microseconds.value(), 0);
}

TEST(ExpectedCost, IsUnknownWithoutAFigureForEachProbe) {
    const std::vector probes = {probe("python:call-entry", SiteCost::kEmulated),
                                probe("python:traceback", SiteCost::kEmulated)};
    EXPECT_FALSE(expected_cost(probes, expected_hits(), kMinor, kPrices));
    EXPECT_FALSE(expected_cost(probes, {}, kMinor, kPrices)) << "another engine";
}

// Two exact mechanisms of interpreters that do not exist: many hits or few. What the compiler made of the
// functions decides.
TEST(ExpectedCost, LetsThePriceOfASiteFlipTheChoice) {
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
}  // namespace flowtap::expected_cost_test
