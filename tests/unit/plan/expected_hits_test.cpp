// SPDX-License-Identifier: Apache-2.0
#include "plan/expected_hits.h"

#include <gtest/gtest.h>

#include <vector>

#include "plan/probe_price.h"

namespace flowtap {
namespace {

PlannedProbe probe(const char* name, SiteCost cost) {
    PlannedProbe planned;
    planned.name = name;
    planned.cost = cost;
    return planned;
}

Candidate priced(const char* mechanism, const std::vector<PlannedProbe>& probes, Exactness exactness) {
    Candidate one;
    one.mechanism = mechanism;
    one.exactness = exactness;
    one.expected = expected_cost(probes, 13);
    return one;
}

TEST(ExpectedHits, AreTimesThePriceOfTheSite) {
    const std::vector cheap = {probe("python:call-entry", SiteCost::kEmulated)};
    const std::vector dear = {probe("python:call-entry", SiteCost::kSingleStep)};
    const double hits = expected_hits("python:call-entry", 13);
    EXPECT_GT(hits, 1);
    EXPECT_DOUBLE_EQ(expected_cost(cheap, 13).hits, hits);
    EXPECT_DOUBLE_EQ(expected_cost(cheap, 13).microseconds, hits * kEmulatedMicroseconds);
    EXPECT_DOUBLE_EQ(expected_cost(dear, 13).microseconds, hits * kSingleStepMicroseconds);
}

TEST(ExpectedHits, AreThoseOfAllPlacesOfOneNameTogether) {
    const std::vector exits = {probe("python:call-exit", SiteCost::kEmulated),
                               probe("python:call-exit", SiteCost::kSingleStep),
                               probe("python:call-exit", SiteCost::kEmulated)};
    const double hits = expected_hits("python:call-exit", 11);
    const ExpectedCost cost = expected_cost(exits, 11);
    EXPECT_DOUBLE_EQ(cost.hits, hits);
    EXPECT_DOUBLE_EQ(cost.microseconds, hits * kSingleStepMicroseconds);
    EXPECT_DOUBLE_EQ(cost.least_microseconds, hits * kEmulatedMicroseconds);
}

TEST(ExpectedHits, CostNothingWhereNothingIsExpected) {
    const std::vector rare = {probe("python:abandoned", SiteCost::kSingleStep)};
    EXPECT_DOUBLE_EQ(expected_cost(rare, 14).microseconds, 0);
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
    const auto births = [](SiteCost cost) {
        return priced("births", {probe("python:birth", cost)}, Exactness::kExact);
    };
    const auto steps = [](SiteCost cost) {
        return priced("steps", {probe("python:step-entry", cost)}, Exactness::kExact);
    };
    const std::vector alike = {births(SiteCost::kEmulated), steps(SiteCost::kEmulated)};
    const std::vector dear_steps = {births(SiteCost::kEmulated), steps(SiteCost::kSingleStep)};
    EXPECT_EQ(choose_mechanism(alike, Preference::kComplete), 1u) << "23 x 0.8 us against 3.75 x 0.8";
    EXPECT_EQ(choose_mechanism(dear_steps, Preference::kComplete), 0u) << "23 x 0.8 us against 3.75 x 11";
}

}  // namespace
}  // namespace flowtap
