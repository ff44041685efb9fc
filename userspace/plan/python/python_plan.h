// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "plan/plan.h"
#include "plan/python/python_mechanisms.h"
#include "python/code_lookup.h"

namespace flowtap {

// Adds a Python profile's points to the plan, as one interpreter has them: each with the mechanism that
// observes it, or why none does, and their code objects.
void plan_python_profile(Plan& plan, const Profile& profile, const CodeLookup& lookup,
                         const ProcessTaps& taps);

// Takes the hardware watches out of the plan: the points that need them are not observed then, and say why.
void leave_unwatched(Plan& plan, const std::string& reason);

// Adds the probes of the mechanisms that observe the plan's points.
void plan_python_taps(Plan& plan, const ProcessTaps& taps, const PlanSettings& settings);

// Adds those that lie where the plan has none yet: a site is looked up by its address.
void add_probes(Plan& plan, std::vector<PlannedProbe> probes);

// Whether some of its executions are seen by calls of bound methods.
bool calls_methods(const Plan& plan);

}  // namespace flowtap
