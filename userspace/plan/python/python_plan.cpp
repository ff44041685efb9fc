// SPDX-License-Identifier: Apache-2.0
#include "plan/python/python_plan.h"

#include <algorithm>
#include <iterator>

#include "plan/python/first_use.h"
#include "plan/python/point_candidates.h"

namespace flowtap {
namespace {

// Include/cpython/code.h: CO_GENERATOR, CO_COROUTINE, CO_ITERABLE_COROUTINE, CO_ASYNC_GENERATOR.
constexpr std::uint32_t kGeneratorFlags = 0x20 | 0x80 | 0x100 | 0x200;

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
    if ((roles & (FT_CODE_WORKFLOW | FT_CODE_NODE)) != 0)
        code.run_mark = lookup.run_mark(function.code_address);
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
    if (same->token_slot < 0) same->token_slot = code.token_slot;
    if (!same->run_mark) same->run_mark = code.run_mark;
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
    std::ranges::move(lookup.find_overrides(function.owner_type, point.function.name()),
                      std::back_inserter(functions));
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
    if (point.call == CallShape::kFunction && (function.flags & kGeneratorFlags) != 0)
        return "it is no plain function, as call: function says";
    if (point.call == CallShape::kMethod && function.coroutine)
        return "it is a coroutine function (async def), but call: method says it is called as a plain method";
    if (point.call == CallShape::kInstance && (function.coroutine || function.owner_type == 0))
        return "it is no plain method of a class, as call: instance says";
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

// Overrides that need watching of their own: all but those that pass on what they are asked for.
std::vector<PythonCode> own_overrides(const CodeLookup& lookup, const Point& point,
                                      const PythonCode& function) {
    std::vector<PythonCode> overrides = functions_of(lookup, point, function);
    overrides.erase(overrides.begin());
    for (const PythonFunction& passing : point.passing_on) {
        const auto known = lookup.find_function(passing.module, passing.qualname);
        if (known) {
            std::erase_if(overrides,
                          [&](const PythonCode& one) { return one.code_address == known->code_address; });
        }
    }
    return overrides;
}

PlannedCode called_node(const CodeLookup& lookup, const Point& point, std::size_t index,
                        const PythonCode& function) {
    PlannedCode code = planned_code(lookup, function, point.ids, index, roles_of(point));
    if (!point.node_type.empty())
        code.object_slot = lookup.local_slot(function.code_address, point.node_type).value_or(-1);
    return code;
}

// Overrides do not set the variable, or not surely: their calls are seen, from when the class exists. Its
// first object may be made and executed within microseconds, so that is too late.
void observe_overrides(Plan& plan, PlannedPoint& planned, std::size_t index, const CodeLookup& lookup,
                       const PythonCode& function) {
    std::string called;
    for (const PythonCode& one : own_overrides(lookup, planned.point, function)) {
        if (!shape_conflict(planned.point, one).empty()) continue;
        add_code(plan, called_node(lookup, planned.point, index, one));
        called += (called.empty() ? "" : ", ") + one.qualname;
    }
    if (!called.empty())
        planned.notes.push_back("by " + std::string(kCalls) + ", not the variable: " + called);
}

void add_variable(Plan& plan, PlannedPoint& planned, std::size_t index, const CodeLookup& lookup,
                  const PythonCode& function) {
    const Point& point = planned.point;
    const auto use = variable_use(lookup, point, function);
    if (!use) return;
    PlannedCode code = planned_code(lookup, function, point.ids, index, FT_CODE_NODE | FT_CODE_SETTER);
    code.object_slot = use->object_slot;
    code.token_slot = use->token_slot.value_or(-1);
    PlannedCode setter = code;
    setter.address = use->variable;
    setter.qualname = point.context_variable->qualname;
    setter.roles = FT_CODE_VARIABLE;
    add_code(plan, std::move(code));
    add_code(plan, std::move(setter));
    observe_overrides(plan, planned, index, lookup, function);
}

// Instances are recognised by their class: one entry for each class that is called by this function.
void add_instances(Plan& plan, const Point& point, std::size_t index, const CodeLookup& lookup,
                   const PythonCode& function) {
    PlannedCode code = planned_code(lookup, function, point.ids, index, roles_of(point));
    for (std::uint64_t type : lookup.find_heirs(function.owner_type, "__call__", point.overrides)) {
        code.address = type;
        add_code(plan, code);
    }
}

void add_functions(Plan& plan, const Point& point, std::size_t index, const CodeLookup& lookup,
                   const PythonCode& function) {
    for (const PythonCode& one : functions_of(lookup, point, function)) {
        if (!shape_conflict(point, one).empty())
            continue;  // an async override of a plain method, or the reverse
        add_code(plan, called_node(lookup, point, index, one));
    }
}

// What the profile says of this function that is not so; empty: nothing.
std::string mistake(const Point& point, const CodeLookup& lookup, const PythonCode& function) {
    if (std::string conflict = shape_conflict(point, function); !conflict.empty()) return conflict;
    const std::string unknown = missing_locals(lookup, function.code_address, point.ids);
    return unknown.empty() ? "" : "it has no local variable " + unknown;
}

void add_watches(Plan& plan, const PlannedPoint& planned, std::size_t index, const CodeLookup& lookup,
                 const PythonCode& function) {
    const Result<CallUnits> units = lookup.call_units(function.code_address);
    if (!units) return;
    PlannedCode code = called_node(lookup, planned.point, index, function);
    code.roles |= FT_CODE_WATCHED;
    add_code(plan, std::move(code));
    const std::uint64_t address = function.code_address;
    plan.watches.push_back(
        {"python:watch-begin", units->begin, address, false, units->begin, units->size, {}});
    // Include/object.h: ob_refcnt is the first member.
    plan.watches.push_back(
        {"python:watch-end", address, address, true, units->begin, units->size, units->returns});
}

void observe(Plan& plan, PlannedPoint& planned, std::size_t index, const CodeLookup& lookup,
             const PythonCode& function, const ProcessTaps& taps) {
    const Point& point = planned.point;
    if (is_dear_to_have(point, function) && waits_for_objects(point, lookup, function, plan.signs)) {
        planned.pending = true;
        planned.why_not = "no object of its class has been made yet: it is observed once there is one";
        return;
    }
    settle(planned, candidates_of(point, function, lookup, taps, plan.watches.size()));
    if (!planned.observed) return;
    if (planned.mechanism == kVariable) {
        add_variable(plan, planned, index, lookup, function);
    } else if (planned.mechanism == kWatches) {
        add_watches(plan, planned, index, lookup, function);
    } else if (point.call == CallShape::kInstance) {
        add_instances(plan, point, index, lookup, function);
    } else {
        add_functions(plan, point, index, lookup, function);
    }
    add_callers(plan, planned, index, lookup);
    add_carriers(plan, planned, index, lookup);
}

// Returns whether the profile is right about it, as far as can be told.
bool plan_point(Plan& plan, PlannedPoint& planned, const CodeLookup& lookup, const ProcessTaps& taps,
                bool unused) {
    const PythonFunction& named = planned.point.function;
    const auto function = lookup.find_function(named.module, named.qualname);
    if (!function) {
        planned.pending = !lookup.module_dict(named.module).has_value();
        planned.why_not =
            planned.pending ? "module " + named.module + " is not imported yet" : function.error().cause;
        return planned.pending;
    }
    planned.why_not = mistake(planned.point, lookup, *function);
    if (!planned.why_not.empty()) return false;
    note_subclasses(planned.point, lookup, *function, plan.signs);
    planned.pending = unused;
    planned.why_not =
        unused ? "no object of its engine has been made yet: it is observed once there is one" : "";
    if (!unused) observe(plan, planned, plan.points.size(), lookup, *function, taps);
    return true;
}

}  // namespace

void leave_unwatched(Plan& plan, const std::string& reason) {
    plan.watches.clear();
    for (PlannedPoint& point : plan.points) {
        if (!point.observed || point.mechanism != kWatches) continue;
        point.observed = false;
        point.expected.reset();
        point.why_not = reason;
    }
}

void plan_python_profile(Plan& plan, const Profile& profile, const CodeLookup& lookup,
                         const ProcessTaps& taps) {
    const bool unused = is_unused(profile, lookup, plan.signs);
    for (const Point& point : profile.points) {
        PlannedPoint planned{profile.name, point, false, false, {}, {}, {}};
        planned.mistaken = !plan_point(plan, planned, lookup, taps, unused);
        plan.points.push_back(std::move(planned));
    }
}

}  // namespace flowtap
