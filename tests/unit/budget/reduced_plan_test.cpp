// SPDX-License-Identifier: Apache-2.0
#include "budget/reduced_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "budget/probe_groups.h"
#include "plan/python/python_mechanisms.h"

namespace flowtap::reduced_plan_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Profile engine() {
    Profile profile;
    profile.name = "engine";
    for (const auto& [name, call] :
         {std::pair("node", CallShape::kMethod), {"flow", CallShape::kCoroutine}}) {
        Point point;
        point.name = name;
        point.call = call;
        profile.points.push_back(point);
    }
    return profile;
}

// A plan of an interpreter that does not exist: nodes by calls or, where that is preferred, a variable.
Result<Plan> make(std::span<const Profile> profiles, const PlanSettings& settings) {
    Plan plan;
    plan.python.emplace().clocks = settings.running_seconds;
    for (const Profile& profile : profiles) {
        for (const Point& point : profile.points) {
            PlannedPoint planned{profile.name, point};
            const bool cheap = settings.wishes.preference == Preference::kCheap;
            planned.observe_by(point.call == CallShape::kCoroutine ? kLifetimes
                                                                   : (cheap ? kVariable : kCalls));
            plan.points.push_back(planned);
            PlannedProbe probe;
            probe.name = point.name + "-probe";
            probe.details = point.call == CallShape::kCoroutine ? SiteDetails(CoroutineCreation{})
                                                                : SiteDetails(CallEntry{});
            plan.probes.push_back(probe);
        }
    }
    return plan;
}

ReducedPlan reduced(const Reductions& reductions) {
    Result<ReducedPlan> plan = reduced_plan({engine()}, {}, reductions, make);
    if (!plan) ADD_FAILURE() << plan.error().message();
    return plan ? *std::move(plan) : ReducedPlan{};
}

TEST(ReducedPlan, IsThePlanWhereNothingIsLeftOut) {
    const ReducedPlan plan = reduced({});
    EXPECT_EQ(plan.plan.points.size(), 2u);
    EXPECT_EQ(plan.plan.python->clocks, 1);
    EXPECT_THAT(plan.reduced, ElementsAre(0, 0, 0, 0));
}

TEST(ReducedPlan, OmitsRunningSeconds) {
    EXPECT_EQ(reduced({.running_seconds = true}).plan.python->clocks, 0);
}

TEST(ReducedPlan, PrefersWhatIsCheap) {
    const ReducedPlan plan = reduced({.complete = true});
    EXPECT_EQ(plan.plan.points[0].mechanism(), kVariable);
    EXPECT_THAT(plan.reduced, ElementsAre(0, 1, 0, 0));
}

TEST(ReducedPlan, ShowsWhatIsLeftOutAsNotObservedAndPlacesNoProbesForIt) {
    const ReducedPlan plan = reduced({.groups = {mechanism_name(kCalls)}});
    ASSERT_EQ(plan.plan.points.size(), 2u);
    EXPECT_EQ(plan.plan.points[1].point.name, "node");
    EXPECT_FALSE(plan.plan.points[1].is_observed());
    EXPECT_THAT(plan.plan.points[1].why_not(),
                HasSubstr("left out for now: its probes cost the process more than --max-overhead"));
    ASSERT_EQ(plan.plan.probes.size(), 1u);
    EXPECT_EQ(plan.plan.probes[0].name, "flow-probe");
    EXPECT_THAT(plan.reduced, ElementsAre(0, 0, 1, 0));
}

TEST(ReducedPlan, LeavesOutAll) {
    const ReducedPlan plan = reduced({.all = true});
    for (const PlannedPoint& point : plan.plan.points) EXPECT_FALSE(point.is_observed()) << point.point.name;
    EXPECT_THAT(plan.plan.probes, IsEmpty());
    EXPECT_THAT(plan.reduced, ElementsAre(0, 0, 0, 2));
}

TEST(ReducedPlan, FailsAsThePlanDoes) {
    const auto fail = [](std::span<const Profile>, const PlanSettings&) -> Result<Plan> {
        return Error{"plan", "process 1", "it ended"};
    };
    EXPECT_FALSE(reduced_plan({engine()}, {}, {.all = true}, fail));
}

TEST(ProbeGroups, AreMechanismsAndNativePoints) {
    Plan plan = *make(std::vector{engine()}, {});
    PlannedPoint native;
    native.profile = "native";
    native.point.name = "step";
    native.point.symbol = "run_step";
    native.observe_by(PointMechanism::kEntryAndReturns);
    plan.points.push_back(native);
    PlannedProbe entry;
    entry.name = "step:entry";
    entry.point = 2;
    plan.probes.push_back(entry);
    EXPECT_EQ(groups_by_probe(plan),
              (std::map<std::string, std::string>{{"node-probe", mechanism_name(kCalls)},
                                                  {"flow-probe", mechanism_name(kLifetimes)},
                                                  {"step:entry", "native/step"}}));
}

TEST(ProbeGroups, ChargeCallsOfOverridesToTheVariableTheyCompleteAndCarriersToWhatIsThere) {
    Profile nodes = engine();
    nodes.points.pop_back();
    Plan plan = *make(std::vector{nodes}, {.wishes = {Preference::kCheap}});
    PlannedProbe creation;
    creation.name = "python:created";
    creation.details = CoroutineCreation{};
    plan.probes.push_back(creation);
    EXPECT_EQ(groups_by_probe(plan),
              (std::map<std::string, std::string>{{"node-probe", mechanism_name(kVariable)},
                                                  {"python:created", mechanism_name(kVariable)}}));
}

}  // namespace
}  // namespace flowtap::reduced_plan_test
