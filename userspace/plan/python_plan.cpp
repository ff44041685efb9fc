// SPDX-License-Identifier: Apache-2.0
#include "plan/python_plan.h"

#include <algorithm>
#include <iterator>

#include "plan/python_taps.h"

namespace flowtap {
namespace {

constexpr const char* kSteps = "coroutine steps, birth and death";
constexpr const char* kCalls = "bound-method calls";
constexpr const char* kVariable = "context variable";

PlannedPath resolve(const CodeLookup& lookup, std::uint64_t code, const IdSource& source) {
    const auto* path = std::get_if<PythonPath>(&source);
    if (path == nullptr) return {};
    const std::optional<int> slot = lookup.local_slot(code, path->local);
    return {slot.value_or(-1), path->attributes};
}

PlannedCode planned_code(const CodeLookup& lookup, const PythonCode& function, const IdSources& ids,
                         std::size_t point, unsigned roles) {
    PlannedCode code;
    code.address = function.code_address;
    code.qualname = function.qualname;
    code.point = point;
    code.roles = static_cast<std::uint8_t>(roles);
    code.workflow_id = resolve(lookup, function.code_address, ids.workflow_id);
    code.workflow_name = resolve(lookup, function.code_address, ids.workflow_name);
    code.node_id = resolve(lookup, function.code_address, ids.node_id);
    return code;
}

unsigned roles_of(const Point& point) {
    unsigned roles = point.kind == PointKind::kWorkflow ? FT_CODE_WORKFLOW : FT_CODE_NODE;
    if (point.call == CallShape::kCoroutine) roles |= FT_CODE_COROUTINE;
    return roles;
}

// A function may be named twice, as a node's caller and as a workflow: one entry plays both parts.
void add_code(Plan& plan, PlannedCode code) {
    const auto same = std::ranges::find(plan.codes, code.address, &PlannedCode::address);
    if (same == plan.codes.end()) {
        plan.codes.push_back(std::move(code));
        return;
    }
    const bool was_only_caller = (same->roles & (FT_CODE_WORKFLOW | FT_CODE_NODE)) == 0;
    if (was_only_caller) {
        same->point = code.point;
    }
    if (same->object_slot < 0) same->object_slot = code.object_slot;
    same->roles |= code.roles;
    const auto fill = [](PlannedPath& to, PlannedPath& from) {
        if (to.slot < 0) to = std::move(from);
    };
    fill(same->workflow_id, code.workflow_id);
    fill(same->workflow_name, code.workflow_name);
    fill(same->node_id, code.node_id);
}

// The method itself and, where asked for, what subclasses put in its place.
std::vector<PythonCode> functions_of(const CodeLookup& lookup, const Point& point,
                                     const PythonCode& function) {
    std::vector<PythonCode> functions{function};
    if (!point.overrides || function.owner_type == 0) return functions;
    const std::string method = point.function.qualname.substr(point.function.qualname.rfind('.') + 1);
    std::ranges::move(lookup.find_overrides(function.owner_type, method), std::back_inserter(functions));
    return functions;
}

std::string missing_locals(const CodeLookup& lookup, std::uint64_t code, const IdSources& ids) {
    for (const IdSource* source : {&ids.workflow_id, &ids.workflow_name, &ids.node_id}) {
        const auto* path = std::get_if<PythonPath>(source);
        if (path != nullptr && !lookup.local_slot(code, path->local)) return path->local;
    }
    return {};
}

// Why this function cannot be seen the way the point says it is called; empty when it can.
std::string shape_conflict(const Point& point, const PythonCode& function) {
    if (point.call == CallShape::kCoroutine && !function.coroutine)
        return "it is no coroutine function (async def), as call: coroutine says";
    if (point.call == CallShape::kMethod && function.coroutine)
        return "it is a coroutine function (async def), but call: method says it is called as a plain method";
    return {};
}

void add_callers(Plan& plan, PlannedPoint& planned, std::size_t index, const CodeLookup& lookup) {
    for (const CallerContext& caller : planned.point.callers) {
        const auto function = lookup.find_function(caller.function.module, caller.function.qualname);
        if (!function) continue;  // another version of the engine, or not imported: other callers may serve
        add_code(plan, planned_code(lookup, *function, caller.ids, index, FT_CODE_CALLER));
    }
}

void add_carriers(Plan& plan, const PlannedPoint& planned, std::size_t index, const CodeLookup& lookup) {
    for (const Carrier& carrier : planned.point.carriers) {
        const auto function = lookup.find_function(carrier.function.module, carrier.function.qualname);
        const auto slot = function ? lookup.local_slot(function->code_address, carrier.node) : std::nullopt;
        if (!slot) continue;  // as with callers
        PlannedCode code = planned_code(lookup, *function, {}, index, FT_CODE_CARRIER | FT_CODE_COROUTINE);
        code.object_slot = *slot;
        add_code(plan, std::move(code));
    }
}

std::string joined_names(const std::vector<PythonCode>& functions) {
    std::string names;
    for (const PythonCode& one : functions) names += (names.empty() ? "" : ", ") + one.qualname;
    return names;
}

// What the context variable does not show of a point, for people.
std::vector<std::string> blind_spots(const CodeLookup& lookup, const Point& point,
                                     const PythonCode& function) {
    std::vector<std::string> spots = {
        "only what runs while " + point.context_variable->qualname +
        " is set is timed and counted: failures before and after that (validation) are not seen"};
    std::vector<PythonCode> overrides = functions_of(lookup, point, function);
    overrides.erase(overrides.begin());
    if (!overrides.empty())
        spots.push_back("not seen, unless they call the base method: " + joined_names(overrides));
    return spots;
}

// Two hits per execution where bound-method calls take dozens, for users who prefer that to seeing all.
// Returns whether the point is observed so.
bool observe_variable(Plan& plan, PlannedPoint& planned, std::size_t index, const CodeLookup& lookup,
                      const PythonCode& function) {
    const Point& point = planned.point;
    if (!point.context_variable) return false;
    const auto variable =
        lookup.find_context_variable(point.context_variable->module, point.context_variable->qualname);
    const auto object = lookup.local_slot(function.code_address, point.node_type);
    if (!variable || !object) return false;
    if (!point.prefer_variable) {
        planned.cheaper = "with --prefer cheap the context variable " + point.context_variable->qualname +
                          ", which does not show all";
        return false;
    }
    PlannedCode code = planned_code(lookup, function, point.ids, index, FT_CODE_NODE);
    code.object_slot = *object;
    PlannedCode setter = code;
    setter.address = *variable;
    setter.qualname = point.context_variable->qualname;
    setter.roles = FT_CODE_VARIABLE;
    add_code(plan, std::move(code));
    add_code(plan, std::move(setter));
    planned.mechanism = kVariable;
    planned.warnings = blind_spots(lookup, point, function);
    return true;
}

void observe_calls(Plan& plan, PlannedPoint& planned, std::size_t index, const CodeLookup& lookup,
                   const PythonCode& function) {
    const Point& point = planned.point;
    for (const PythonCode& one : functions_of(lookup, point, function)) {
        if (!shape_conflict(point, one).empty())
            continue;  // an async override of a plain method, or the reverse
        PlannedCode code = planned_code(lookup, one, point.ids, index, roles_of(point));
        if (!point.node_type.empty())
            code.object_slot = lookup.local_slot(one.code_address, point.node_type).value_or(-1);
        add_code(plan, std::move(code));
    }
    planned.mechanism = point.call == CallShape::kCoroutine ? kSteps : kCalls;
}

void observe(Plan& plan, PlannedPoint& planned, std::size_t index, const CodeLookup& lookup,
             const PythonCode& function) {
    const Point& point = planned.point;
    planned.why_not = shape_conflict(point, function);
    const std::string unknown = missing_locals(lookup, function.code_address, point.ids);
    if (planned.why_not.empty() && !unknown.empty()) planned.why_not = "it has no local variable " + unknown;
    if (!planned.why_not.empty()) return;
    if (!observe_variable(plan, planned, index, lookup, function))
        observe_calls(plan, planned, index, lookup, function);
    add_callers(plan, planned, index, lookup);
    add_carriers(plan, planned, index, lookup);
    planned.observed = true;
}

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

Result<void> plan_python_profile(Plan& plan, const Profile& profile, const CodeLookup& lookup) {
    for (const Point& point : profile.points) {
        PlannedPoint planned{profile.name, point, false, false, {}, {}, {}};
        const auto function = lookup.find_function(point.function.module, point.function.qualname);
        if (function) {
            observe(plan, planned, plan.points.size(), lookup, *function);
        } else {
            planned.pending = !lookup.module_dict(point.function.module).has_value();
            planned.why_not = planned.pending ? "module " + point.function.module + " is not imported yet"
                                              : function.error().cause;
        }
        if (!planned.observed && !planned.pending && profile.source != "built-in") {
            return Error{"plan point",
                         point.name + " (" + profile.source + ":" + std::to_string(point.line) + ")",
                         planned.why_not, "correct the profile", Error::Kind::kUsage};
        }
        plan.points.push_back(std::move(planned));
    }
    return {};
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
    if (uses(plan, kCalls)) add(kCalls, call_taps(interpreter));
    if (uses(plan, kVariable)) add(kVariable, variable_taps(interpreter));
}

}  // namespace flowtap
