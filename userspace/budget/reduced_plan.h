// SPDX-License-Identifier: Apache-2.0
// Plans that leave out what costs too much.
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

// How many points got a cheaper mechanism, or none, by each step.
using ReducedPoints = std::array<std::size_t, 4>;

struct ReducedPlan {
    Plan plan;
    ReducedPoints reduced = {};
};

// Makes a plan with these profiles and settings.
using MakePlan = std::function<Result<Plan>(std::span<const Profile>, const PlanSettings&)>;

// What a plan leaves out is in it as points that are not observed.
Result<ReducedPlan> reduced_plan(const std::vector<Profile>& profiles, const PlanSettings& settings,
                                 const Reductions& reductions, const MakePlan& make);

}  // namespace flowtap
