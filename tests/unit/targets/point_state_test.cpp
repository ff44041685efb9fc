// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "targets/target.h"

namespace flowtap::point_state_test {
namespace {

PlannedPoint point_with(bool observed, bool pending, std::vector<std::string> warnings) {
    PlannedPoint point;
    point.profile = "engine";
    point.point.name = "node";
    if (observed)
        point.observe_by(PointMechanism::kMethodCalls);
    else if (pending)
        point.wait("no site");
    else
        point.give_up("no site");
    point.warnings = std::move(warnings);
    return point;
}

TEST(PointStates, TellWhatIsCountedWholeFromWhatIsNot) {
    EXPECT_EQ(state_of(point_with(true, false, {})), PointState::kExact);
    EXPECT_EQ(state_of(point_with(true, false, {"some are not seen"})), PointState::kInexact);
    EXPECT_EQ(state_of(point_with(false, true, {})), PointState::kWaiting);
    EXPECT_EQ(state_of(point_with(false, false, {})), PointState::kUnobserved);
}

TEST(TargetReports, SayWhatIsNotExactAndWhy) {
    Target target;
    target.plan.points = {point_with(true, false, {"first", "second"}), point_with(true, false, {}),
                          point_with(false, false, {})};
    const TargetReport report = report_of(target);
    EXPECT_EQ(report.observed, (std::vector<std::string>{"engine/node: bound-method calls from C",
                                                         "engine/node: bound-method calls from C"}));
    EXPECT_EQ(report.inexact, std::vector<std::string>{"engine/node: first; second"});
    EXPECT_EQ(report.unobserved, std::vector<std::string>{"engine/node: no site"});
    EXPECT_EQ(report.never_hit, (std::vector<std::string>{"engine/node", "engine/node"}));
    target.seen_points = {{"engine/node", 3}};
    target.executions = {{3, 12}};
    EXPECT_TRUE(report_of(target).never_hit.empty());
}

TEST(TargetReports, SayOfEachPointWhatItDidAndWhatItCost) {
    Target target;
    target.plan.points = {point_with(true, false, {"first", "second"}), point_with(false, false, {})};
    target.plan.points[0].point.symbol = "run_node";
    target.plan.points[1].point.name = "other";
    target.seen_points = {{"engine/node", 3}};
    target.executions = {{3, 12}};
    target.use = {{"engine/node", {24, 0.5}}};
    const TargetReport report = report_of(target);
    ASSERT_EQ(report.points.size(), 2U);
    const PointReport& seen = report.points[0];
    EXPECT_EQ(seen.name, "engine/node");
    EXPECT_EQ(seen.state, PointState::kInexact);
    EXPECT_EQ(seen.mechanism, "bound-method calls from C");
    EXPECT_EQ(seen.executions, 12U);
    EXPECT_EQ(seen.hits, 24U);
    EXPECT_EQ(seen.added_seconds, 0.5);
    EXPECT_EQ(seen.remark, "first; second");
    EXPECT_EQ(report.points[1].state, PointState::kUnobserved);
    EXPECT_EQ(report.points[1].hits, std::nullopt);
    EXPECT_EQ(report.points[1].remark, "no site");
}

}  // namespace
}  // namespace flowtap::point_state_test
