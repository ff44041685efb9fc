// SPDX-License-Identifier: Apache-2.0
#include "budget/reduced_plan.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <utility>

#include "budget/probe_groups.h"
#include "plan/python/python_mechanisms.h"

namespace flowtap {
namespace {

constexpr const char* kOverBudget = "left out for now: its probes cost the process more than --max-overhead";

std::size_t& count_of(ReducedPoints& reduced, ReductionStep step) {
    return reduced.at(static_cast<std::size_t>(step));
}

PlannedPoint left_out(PlannedPoint point) {
    point.state = Unobserved{kOverBudget};
    point.warnings.clear();
    point.notes.clear();
    point.rejected.clear();
    return point;
}

std::vector<Profile> without(std::vector<Profile> profiles, const std::vector<PlannedPoint>& points) {
    std::set<std::pair<std::string, std::string>> names;
    for (const PlannedPoint& point : points) names.emplace(point.profile, point.point.name);
    for (Profile& profile : profiles) {
        std::erase_if(profile.points, [&](const Point& point) {
            return names.contains({profile.name, point.name});
        });
    }
    return profiles;
}

void leave_out_all(ReducedPlan& reduced) {
    for (PlannedPoint& point : reduced.plan.points) {
        if (!point.is_observed()) continue;
        point = left_out(std::move(point));
        ++count_of(reduced.reduced, ReductionStep::kAll);
    }
    reduced.plan.probes.clear();
    reduced.plan.watches.clear();
    reduced.plan.codes.clear();
}

std::size_t count_points(const Plan& plan, const std::function<bool(const PlannedPoint&)>& which) {
    return static_cast<std::size_t>(std::ranges::count_if(
        plan.points, [&](const PlannedPoint& point) { return point.is_observed() && which(point); }));
}

void count_cheaper(ReducedPlan& reduced, const Reductions& reductions) {
    if (reductions.running_seconds) {
        count_of(reduced.reduced, ReductionStep::kRunningSeconds) =
            count_points(reduced.plan, [](const PlannedPoint& point) {
                return point.point.call == CallShape::kCoroutine && point.point.kind == PointKind::kNode;
            });
    }
    if (reductions.complete) {
        count_of(reduced.reduced, ReductionStep::kComplete) = count_points(
            reduced.plan, [](const PlannedPoint& point) { return point.is_observed_by(kVariable); });
    }
}

}  // namespace

Result<ReducedPlan> reduced_plan(const std::vector<Profile>& profiles, const PlanSettings& settings,
                                 const Reductions& reductions, const MakePlan& make) {
    PlanSettings wanted = settings;
    if (reductions.running_seconds) wanted.running_seconds = false;
    if (reductions.complete) wanted.wishes.preference = Preference::kCheap;
    Result<Plan> plan = make(profiles, wanted);
    if (!plan) return plan.error();
    ReducedPlan reduced{*std::move(plan)};
    std::vector<PlannedPoint> dear;
    for (const PlannedPoint& point : reduced.plan.points)
        if (point.is_observed() && reductions.groups.contains(group_of(point)))
            dear.push_back(left_out(point));
    if (!dear.empty()) {
        Result<Plan> rest = make(without(profiles, dear), wanted);
        if (!rest) return rest.error();
        reduced.plan = *std::move(rest);
        count_of(reduced.reduced, ReductionStep::kMostExpensive) = dear.size();
        std::ranges::move(dear, std::back_inserter(reduced.plan.points));
    }
    if (reductions.all) leave_out_all(reduced);
    count_cheaper(reduced, reductions);
    return reduced;
}

}  // namespace flowtap
