// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "plan/plan.h"
#include "plan/python/python_mechanisms.h"
#include "python/objects/code_lookup.h"

namespace flowtap {

// Adds a Python profile's points in one interpreter to the plan: each with the mechanism that observes it, or
// why none does, and their code objects.
void plan_python_profile(Plan& plan, const Profile& profile, const CodeLookup& lookup,
                         const ProcessProbes& process);

// Removes the hardware watches from the plan. The points that need them are not observed then, for that
// reason.
void leave_unwatched(Plan& plan, const std::string& reason);

// Adds the probes of the mechanisms that observe the plan's points. `profiles`: those of the points.
void plan_python_probes(Plan& plan, const ProcessProbes& process, std::span<const Profile> profiles,
                        const PlanSettings& settings);

// Adds the probes whose addresses have no probe in the plan yet: sites are found by address.
void add_probes(Plan& plan, std::vector<PlannedProbe> probes);

// Whether calls of bound methods show some of its executions.
bool calls_methods(const Plan& plan);

}  // namespace flowtap
