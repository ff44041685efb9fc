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
// show it, and the completion makes the exits of steps superfluous. Where a build shows neither, the points
// stay and say so. Returns whether every completion is seen.
bool add_lifetime_taps(Plan& plan, const Interpreter& interpreter, const Memory& memory) {
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
    std::erase_if(plan.probes,
                  [](const PlannedProbe& probe) { return probe.program == Program::kPythonStepExit; });
    std::ranges::move(*completion, std::back_inserter(plan.probes));
    return true;
}

}  // namespace

void plan_python_taps(Plan& plan, const Interpreter& interpreter, const Memory& memory) {
    const auto add = [&](const char* mechanism, Result<std::vector<PlannedProbe>> probes) {
        if (probes) {
            std::ranges::move(*probes, std::back_inserter(plan.probes));
        } else {
            fail_points(plan, mechanism, probes.error());
        }
    };
    if (uses(plan, kSteps)) add(kSteps, step_taps(interpreter, memory));
    const bool completions = has_coroutines(plan) && add_lifetime_taps(plan, interpreter, memory);
    if (uses(plan, kSteps)) add(kSteps, deaths(interpreter, memory, completions));
    if (uses(plan, kCalls)) add(kCalls, call_taps(interpreter));
    if (uses(plan, kVariable)) add(kVariable, variable_taps(interpreter));
    if (uses(plan, kInstances)) add(kInstances, instance_taps(interpreter, memory, called_class(plan)));
}

}  // namespace flowtap
