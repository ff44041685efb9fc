// SPDX-License-Identifier: Apache-2.0
// The probes that the points of a plan need, all of them shared by points of the same mechanism.
#include <algorithm>
#include <iterator>

#include "plan/python_mechanisms.h"
#include "plan/python_plan.h"
#include "plan/python_taps.h"

namespace flowtap {
namespace {

constexpr unsigned kExecutions = FT_CODE_WORKFLOW | FT_CODE_NODE;

void fail_points(Plan& plan, const char* mechanism, const Error& error) {
    for (PlannedPoint& point : plan.points) {
        if (!point.observed || point.mechanism != mechanism) continue;
        point.observed = false;
        point.why_not = error.message();
    }
}

bool uses(const Plan& plan, const char* mechanism) {
    return std::ranges::any_of(plan.points, [&](const PlannedPoint& point) {
        return point.observed && point.mechanism == mechanism;
    });
}

// What a variable does not show of its nodes: failures before it is set and after it is reset.
void add_raise_taps(Plan& plan, const Interpreter& interpreter) {
    Result<std::vector<PlannedProbe>> probes = raise_taps(interpreter);
    if (probes) {
        std::ranges::move(*probes, std::back_inserter(plan.probes));
        return;
    }
    for (PlannedPoint& point : plan.points) {
        if (!point.observed || point.mechanism != kVariable) continue;
        point.warnings.push_back("failures before and after its run (validation) are not seen: " +
                                 probes.error().message());
    }
}

// Any class of those whose instances are called: all have the same function in that slot.
std::uint64_t called_class(const Plan& plan) {
    const auto instance = [&](const PlannedCode& code) {
        return plan.points[code.point].mechanism == kInstances && (code.roles & kExecutions) != 0;
    };
    const auto found = std::ranges::find_if(plan.codes, instance);
    return found == plan.codes.end() ? 0 : found->address;
}

bool has_coroutines(const Plan& plan) {
    return std::ranges::any_of(plan.codes,
                               [](const PlannedCode& code) { return (code.roles & FT_CODE_COROUTINE) != 0; });
}

void warn(Plan& plan, const Error& error) {
    for (PlannedPoint& point : plan.points) {
        if (point.observed && point.mechanism == kSteps)
            point.warnings.push_back("executions awaited without a task are not exact: " + error.message());
    }
}

bool is_step_exit(const PlannedProbe& probe) { return probe.program == Program::kPythonStepExit; }

bool has_cheap_exits(const Plan& plan) {
    return std::ranges::all_of(plan.probes, [](const PlannedProbe& probe) {
        return !is_step_exit(probe) || probe.cost == SiteCost::kEmulated;
    });
}

bool has_asynchronous_nodes(const Plan& plan) {
    constexpr unsigned kBoth = FT_CODE_NODE | FT_CODE_COROUTINE;
    return std::ranges::any_of(plan.codes,
                               [](const PlannedCode& code) { return (code.roles & kBoth) == kBoth; });
}

// Ends of coroutines that are destroyed. What completes is seen elsewhere, or (completions false) here.
Result<std::vector<PlannedProbe>> deaths(const Interpreter& interpreter, const Memory& memory,
                                         bool completions) {
    if (completions) {
        if (Result<std::vector<PlannedProbe>> rare = abandonment_taps(interpreter, memory)) return rare;
    }
    Result<std::vector<PlannedProbe>> all = death_tap(interpreter, memory);
    if (all)
        for (PlannedProbe& probe : *all) probe.unfinished = completions;
    return all;
}

// From 3.12 on the interpreter runs an awaited coroutine inside the awaiting frame: its birth and completion
// show it, and the completion makes the exits of steps superfluous but for the running time. Where a build
// shows neither, the points stay and say so. Returns whether every completion is seen.
bool add_lifetime_taps(Plan& plan, const Interpreter& interpreter, const Memory& memory,
                       const PlanSettings& settings) {
    const bool needed = interpreter.version().minor >= 12;
    Result<std::vector<PlannedProbe>> births = birth_taps(interpreter, memory);
    if (births) std::ranges::move(*births, std::back_inserter(plan.probes));
    if (!births && needed) warn(plan, births.error());
    if (!needed) return true;
    Result<std::vector<PlannedProbe>> completion = completion_tap(interpreter);
    if (!completion) {
        warn(plan, completion.error());
        return false;
    }
    const bool timed = settings.running_seconds && has_asynchronous_nodes(plan);
    if (!timed || !has_cheap_exits(plan)) std::erase_if(plan.probes, is_step_exit);
    std::ranges::move(*completion, std::back_inserter(plan.probes));
    return true;
}

// Running time is told from suspension by watching what drives coroutines, from entry to return.
void add_drive_taps(Plan& plan, const Interpreter& interpreter, const Memory& memory) {
    plan.python->clocks = 1;
    for (PlannedProbe& probe : drive_taps(interpreter, memory)) {
        // The exit of a step inside close() ends the drive as well.
        if (std::ranges::find(plan.probes, probe.address, &PlannedProbe::address) == plan.probes.end())
            plan.probes.push_back(std::move(probe));
    }
}

void add_clocks(Plan& plan, const Interpreter& interpreter, const Memory& memory) {
    if (std::ranges::any_of(plan.probes, is_step_exit)) return add_drive_taps(plan, interpreter, memory);
    for (PlannedPoint& point : plan.points) {
        if (!point.observed || point.mechanism != kSteps || point.point.kind != PointKind::kNode) continue;
        point.notes.emplace_back(
            "its running time is not told from the time it is suspended: every step of a task would be "
            "single-stepped");
    }
}

}  // namespace

bool calls_methods(const Plan& plan) {
    return std::ranges::any_of(plan.codes, [&](const PlannedCode& code) {
        constexpr unsigned kElsewhere = FT_CODE_COROUTINE | FT_CODE_SETTER | FT_CODE_WATCHED;
        const PlannedPoint& point = plan.points[code.point];
        return (code.roles & kExecutions) != 0 && (code.roles & kElsewhere) == 0 &&
               point.mechanism != kInstances && point.observed;
    });
}

void plan_python_taps(Plan& plan, const Interpreter& interpreter, const Memory& memory,
                      const PlanSettings& settings) {
    const auto add = [&](const char* mechanism, Result<std::vector<PlannedProbe>> probes) {
        if (probes) {
            std::ranges::move(*probes, std::back_inserter(plan.probes));
        } else {
            fail_points(plan, mechanism, probes.error());
        }
    };
    if (uses(plan, kSteps)) add(kSteps, step_taps(interpreter, memory));
    const bool completions = has_coroutines(plan) && add_lifetime_taps(plan, interpreter, memory, settings);
    if (uses(plan, kSteps)) add(kSteps, deaths(interpreter, memory, completions));
    if (settings.running_seconds && has_asynchronous_nodes(plan)) add_clocks(plan, interpreter, memory);
    if (calls_methods(plan)) add(kCalls, call_taps(interpreter));
    if (uses(plan, kVariable)) add(kVariable, variable_taps(interpreter));
    if (uses(plan, kVariable)) add_raise_taps(plan, interpreter);
    if (uses(plan, kWatches)) add(kWatches, traceback_tap(interpreter));
    if (uses(plan, kInstances)) add(kInstances, instance_taps(interpreter, memory, called_class(plan)));
}

}  // namespace flowtap
