// SPDX-License-Identifier: Apache-2.0
// Makes plans without the mechanisms that the overhead budget excludes.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "budget/reductions.h"
#include "plan/plan.h"
#include "profile/profile.h"

namespace flowtap {

// Number of points that got a cheaper mechanism, or none, by ReductionStep.
using ReducedPoints = std::array<std::size_t, 4>;

struct ReducedPlan {
    Plan plan;
    ReducedPoints reduced = {};
};

// Plans the process with these profiles and settings.
using MakePlan = std::function<Result<Plan>(std::span<const Profile>, const PlanSettings&)>;

// Points that are left out are in the plan as not observed.
Result<ReducedPlan> reduced_plan(const std::vector<Profile>& profiles, const PlanSettings& settings,
                                 const Reductions& reductions, const MakePlan& make);

}  // namespace flowtap
