// SPDX-License-Identifier: Apache-2.0
// Plans the probes that the points need. Points with the same mechanism share probes.
#include <algorithm>
#include <iterator>
#include <optional>
#include <span>

#include "plan/expected_cost.h"
#include "plan/python/python_mechanisms.h"
#include "plan/python/python_plan.h"

namespace flowtap {
namespace {

void add_found(Plan& plan, FoundProbes found) {
    if (found) add_probes(plan, *std::move(found));
}

// Any class whose instances are called; all have the same function in the type's slot.
std::uint64_t called_class(const Plan& plan) {
    const auto instance = [&](const PlannedCode& code) {
        return plan.points[code.point].is_observed_by(kInstances) && code.roles.has_any(kExecutionRoles);
    };
    const auto found = std::ranges::find_if(plan.codes, instance);
    return found == plan.codes.end() ? 0 : found->address;
}

bool has_carriers(const Plan& plan) {
    return std::ranges::any_of(plan.codes,
                               [](const PlannedCode& code) { return code.roles.has(CodeRole::kCarrier); });
}

bool has_failing_calls(const Plan& plan) {
    return std::ranges::any_of(plan.codes, [](const PlannedCode& code) { return !code.fails.empty(); });
}

bool has_asynchronous_nodes(const Plan& plan) {
    return std::ranges::any_of(plan.codes, [](const PlannedCode& code) {
        return code.roles.has(CodeRole::kNode) && code.roles.has(CodeRole::kCoroutine) &&
               !code.roles.has(CodeRole::kGenerator);
    });
}

// For nodes observed by a context variable: whether some have overrides that are observed by their calls.
bool has_called_overrides(const Plan& plan, const PlannedPoint& point) {
    return std::ranges::any_of(plan.codes, [&](const PlannedCode& code) {
        return &plan.points[code.point] == &point && code.roles.has(CodeRole::kNode) &&
               !code.roles.has_any({CodeRole::kSetter, CodeRole::kName});
    });
}

// What these probes cost for one execution of the point, if its profile has figures for them.
std::optional<ExpectedCost> cost_for(const PlannedPoint& point, const std::vector<PlannedProbe>& probes,
                                     const ProcessProbes& process, std::span<const Profile> profiles) {
    const auto profile = std::ranges::find(profiles, point.profile, &Profile::name);
    if (profile == profiles.end()) return std::nullopt;
    return expected_cost(probes, profile->expected_hits, process.minor(), process.prices());
}

void add_calls(Plan& plan, const ProcessProbes& process, std::span<const Profile> profiles) {
    Mechanism calls = method_calls(process);
    for (PlannedPoint& point : plan.points) {
        if (!point.is_observed_by(kVariable) || !has_called_overrides(plan, point)) continue;
        if (calls.candidate.absent.empty()) {
            if (const auto cost = cost_for(point, calls.probes, process, profiles)) {
                point.notes.push_back("for the calls of overrides each execution costs " + cost_text(*cost) +
                                      " more");
            }
            if (!calls.candidate.misses.empty()) point.notes.push_back(calls.candidate.misses);
        } else {
            point.lower_exactness();
            point.warnings.push_back("calls of overrides are not seen: " + calls.candidate.absent);
        }
    }
    add_probes(plan, std::move(calls.probes));
}

// Adds what carriers need: probes that note which nodes coroutines carry to other threads, if no point is a
// coroutine.
void add_carrier_probes(Plan& plan, const ProcessProbes& process) {
    add_found(plan, process.creations());
    if (process.inlines_awaits()) add_found(plan, process.find(InterpreterEvent::kCompletions));
}

bool all_emulated(const std::vector<PlannedProbe>& probes) {
    return std::ranges::all_of(probes,
                               [](const PlannedProbe& probe) { return probe.cost == SiteCost::kEmulated; });
}

// Distinguishes running time from suspension by observing what drives coroutines, from entry to return. If
// their completions are observed, the exits of steps have no other use.
void add_clocks(Plan& plan, const ProcessProbes& process, std::span<const Profile> profiles) {
    std::vector<PlannedProbe> exits;
    if (plan.uses(kLifetimes)) {
        if (FoundProbes steps = process.find(InterpreterEvent::kSteps)) exits = *std::move(steps);
        std::erase_if(exits,
                      [](const PlannedProbe& probe) { return probe.program() != Program::kPythonStepExit; });
    }
    const bool affordable = all_emulated(exits);
    for (PlannedPoint& point : plan.points) {
        if (!point.is_observed_by(kLifetimes) || point.point.kind != PointKind::kNode) continue;
        if (affordable) {
            point.add_cost(cost_for(point, exits, process, profiles));
        } else {
            point.notes.emplace_back(
                "its running time is not separated from the time it is suspended: every step of a task would "
                "be single-stepped");
        }
    }
    if (!affordable) return;
    plan.python->clocks = 1;
    add_probes(plan, std::move(exits));
    // The exit of a step inside close() ends the drive, too.
    add_found(plan, process.find(InterpreterEvent::kDrives));
}

}  // namespace

void add_probes(Plan& plan, std::vector<PlannedProbe> probes) {
    for (PlannedProbe& probe : probes) {
        if (std::ranges::find(plan.probes, probe.address, &PlannedProbe::address) == plan.probes.end())
            plan.probes.push_back(std::move(probe));
    }
}

bool calls_methods(const Plan& plan) {
    return std::ranges::any_of(plan.codes, [&](const PlannedCode& code) {
        constexpr CodeRoles kElsewhere{CodeRole::kCoroutine, CodeRole::kSetter,  CodeRole::kWatched,
                                       CodeRole::kName,      CodeRole::kContext, CodeRole::kMark};
        const PlannedPoint& point = plan.points[code.point];
        return code.roles.has_any(kExecutionRoles) && !code.roles.has_any(kElsewhere) &&
               point.is_observed() && !point.is_observed_by(kInstances);
    });
}

void plan_python_probes(Plan& plan, const ProcessProbes& process, std::span<const Profile> profiles,
                        const PlanSettings& settings) {
    if (plan.uses(kLifetimes)) add_probes(plan, coroutine_lifetimes(process).probes);
    if (plan.uses(kGenerators)) add_probes(plan, generator_lifetimes(process).probes);
    if (plan.uses(kSteps)) add_probes(plan, coroutine_steps(process).probes);
    const bool sees_creations = plan.uses(kLifetimes) || plan.uses(kSteps) || plan.uses(kGenerators);
    if (!sees_creations && has_carriers(plan)) add_carrier_probes(plan, process);
    if (has_failing_calls(plan)) add_found(plan, process.creations());
    if (settings.running_seconds && has_asynchronous_nodes(plan)) add_clocks(plan, process, profiles);
    if (calls_methods(plan)) add_calls(plan, process, profiles);
    if (plan.uses(kVariable)) add_probes(plan, context_variable(process, true).probes);
    if (plan.uses(kContexts)) add_probes(plan, context_values(process).probes);
    if (plan.uses(kWatches)) {
        add_found(plan, process.find(InterpreterEvent::kTracebacks));
        add_found(plan, process.find(InterpreterEvent::kKeptFrames));
    }
    if (plan.uses(kInstances)) add_probes(plan, instance_calls(process, called_class(plan)).probes);
}

}  // namespace flowtap
