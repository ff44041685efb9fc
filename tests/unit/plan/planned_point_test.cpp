// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "plan/planned/point.h"

namespace flowtap::planned_point_test {
namespace {

constexpr PointMechanism kMechanism = PointMechanism::kMethodCalls;

TEST(PlannedPoints, AreInOneStateAtATime) {
    PlannedPoint point;
    EXPECT_FALSE(point.may_be_observed());
    point.wait("not imported");
    EXPECT_TRUE(point.is_waiting() && !point.is_observed());
    EXPECT_EQ(point.why_not(), "not imported");
    point.observe_by(kMechanism, Exactness::kCounts, ExpectedCost{.hits = 2});
    EXPECT_TRUE(point.is_observed_by(kMechanism) && !point.is_waiting());
    EXPECT_EQ(point.why_not(), "");
    EXPECT_EQ(point.exactness(), Exactness::kCounts);
    point.add_cost(ExpectedCost{.hits = 3});
    EXPECT_EQ(point.expected()->hits, 5);
    point.add_cost(std::nullopt);
    EXPECT_FALSE(point.expected()) << "a part of its cost is unknown";
    point.lower_exactness();
    EXPECT_EQ(point.exactness(), Exactness::kIncomplete);
    point.give_up("no watch is free");
    EXPECT_FALSE(point.may_be_observed() || point.is_observed_by(kMechanism) || point.contradicts_profile());
    EXPECT_EQ(point.mechanism(), kMechanism) << "it stays known";
    EXPECT_EQ(point.exactness(), std::nullopt);
    EXPECT_FALSE(point.expected());
    point.refute("it is not a coroutine");
    EXPECT_TRUE(point.contradicts_profile() && !point.is_waiting());
    EXPECT_EQ(point.mechanism(), std::nullopt);
}

TEST(PlannedPoints, WaitIfTheyWaitInAnyInterpreterAndAreWrongIfTheyAreInAll) {
    PlannedPoint wrong, waiting, unobserved;
    wrong.refute("wrong");
    waiting.wait("waiting");
    unobserved.give_up("unobserved");
    const auto joined = [](PlannedPoint known, const PlannedPoint& other) {
        known.join_unobserved(other);
        return known;
    };
    EXPECT_TRUE(joined(wrong, wrong).contradicts_profile());
    EXPECT_FALSE(joined(wrong, unobserved).contradicts_profile());
    EXPECT_FALSE(joined(unobserved, wrong).contradicts_profile());
    EXPECT_TRUE(joined(wrong, waiting).is_waiting());
    EXPECT_EQ(joined(wrong, waiting).why_not(), "wrong") << "the first reason";
    EXPECT_TRUE(joined(waiting, wrong).is_waiting());
    EXPECT_EQ(joined(waiting, wrong).why_not(), "waiting");
}

}  // namespace
}  // namespace flowtap::planned_point_test
