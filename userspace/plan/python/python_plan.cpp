// SPDX-License-Identifier: Apache-2.0
#include "plan/python/python_plan.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

#include "plan/python/failing_call.h"
#include "plan/python/first_use.h"
#include "plan/python/module_files.h"
#include "plan/python/planned_paths.h"
#include "plan/python/point_candidates.h"
#include "plan/python/profile_check.h"

namespace flowtap {
namespace {

// Include/cpython/code.h: CO_GENERATOR, CO_COROUTINE, CO_ITERABLE_COROUTINE, CO_ASYNC_GENERATOR.
constexpr std::uint32_t kCoroutineFlag = 0x80;
constexpr std::uint32_t kPlainGeneratorFlags = 0x20 | 0x200;
constexpr std::uint32_t kGeneratorFlags = kPlainGeneratorFlags | kCoroutineFlag | 0x100;

constexpr std::size_t kMostNamed = 5;

std::optional<std::uint64_t> known_address(std::uint64_t address) {
    return address == 0 ? std::nullopt : std::optional(address);
}

PlannedCode planned_code(const CodeLookup& lookup, const PythonCode& function, std::size_t point,
                         CodeRoles roles) {
    PlannedCode code;
    code.address = function.code_address;
    code.qualname = function.qualname;
    code.point = point;
    code.roles = roles;
    code.qualname_address = known_address(function.qualname_address);
    code.function_object = known_address(function.function_address);
    if (roles.has_any(kExecutionRoles)) code.run_mark = lookup.run_mark(function.code_address);
    return code;
}

bool is_shared(const Point& point, const PythonCode& function) {
    if (function.function_address == 0) return false;
    if (function.owner_type == 0) return function.qualname != point.function.qualname;
    return !function.kept_by.empty() || !function.written_as(point.function.name());
}

// Whether the object on which it is called identifies the call.
bool is_called_on(const Point& point, const PythonCode& function, std::uint64_t base) {
    return base != 0 && point.call != CallShape::kInstance && !function.bare;
}

// How to find out whether a function has run whose code is not its own. A decorator's function shares its
// code with others, so the function that it calls tells; an object's function has its own run mark, if it is
// written there. nullopt if a subclass may run the function by super(), as part of its own execution.
std::optional<RunMark> shared_run_mark(const CodeLookup& lookup, const Point& point,
                                       const PythonCode& function) {
    if (function.owner_type == 0) return std::nullopt;
    if (lookup.find_inheriting(function.owner_type, point.function.name(), true).size() > 1)
        return std::nullopt;
    if (function.kept_by.empty()) return lookup.enclosed_run_mark(function);
    return function.written_as(point.function.name()) ? lookup.run_mark(function.code_address) : std::nullopt;
}

// Decides how calls are recognised if the code alone is not enough: for a method, by the class of its object.
void set_recognition(PlannedCode& code, const CodeLookup& lookup, const Point& point,
                     const PythonCode& function, std::uint64_t base) {
    if (is_shared(point, function)) {
        code.roles.add(CodeRole::kShared);
        code.run_mark = shared_run_mark(lookup, point, function);
        if (base == 0) code.only_function = function.function_address;
    }
    if (!is_called_on(point, function, base)) return;
    code.calls =
        MethodCall{base, known_address(lookup.method_name(function.owner_type, point.function.name())),
                   function.name == point.function.name()};
}

CodeRole execution_role(const Point& point) {
    return point.kind == PointKind::kWorkflow ? CodeRole::kWorkflow : CodeRole::kNode;
}

CodeRoles roles_of(const Point& point) {
    CodeRoles roles{execution_role(point)};
    if (point.call == CallShape::kCoroutine) roles.add(CodeRole::kCoroutine);
    if (point.call == CallShape::kGenerator) roles.add({CodeRole::kCoroutine, CodeRole::kGenerator});
    if (point.only_from_callers) roles.add(CodeRole::kOnlyFromCallers);
    if (point.ids_at_end) roles.add(CodeRole::kLateIds);
    return roles;
}

// A function may occur twice, as a node's caller and as a workflow: one entry has both roles.
void add_code(Plan& plan, PlannedCode code) {
    const auto same = std::ranges::find(plan.codes, code.address, &PlannedCode::address);
    if (same == plan.codes.end()) {
        plan.codes.push_back(std::move(code));
        return;
    }
    same->fails.insert(same->fails.end(), code.fails.begin(), code.fails.end());
    // A decorator's code: the functions that it runs have their own entries. A name: the first point's entry
    // stays.
    constexpr CodeRoles kSeparate{CodeRole::kShared, CodeRole::kName};
    if (same->roles.has_any(kSeparate) || code.roles.has_any(kSeparate)) return;
    const bool was_only_caller = !same->roles.has_any(kExecutionRoles);
    if (was_only_caller) {
        same->point = code.point;
    }
    if (!same->object_slot) same->object_slot = code.object_slot;
    if (!same->token_slot) same->token_slot = code.token_slot;
    const auto is_between = [](const PlannedCode& one) {
        return std::holds_alternative<CallsBetween>(one.calls);
    };
    if (is_between(code) && !is_between(*same)) same->calls = code.calls;
    if (!same->run_mark) same->run_mark = code.run_mark;
    same->roles.add(code.roles);
    const auto fill = [](std::optional<PlannedPath>& to, std::optional<PlannedPath>& from) {
        if (!to) to = std::move(from);
    };
    fill(same->workflow_id, code.workflow_id);
    fill(same->workflow_name, code.workflow_name);
    fill(same->node_id, code.node_id);
    fill(same->node_type, code.node_type);
}

// Two kinds of functions have an additional entry of their own: a decorator's, whose code other functions run
// too, and a method below a decorator, which is not what its class has under the name.
void add_function(Plan& plan, const CodeLookup& lookup, PlannedCode code, const PythonCode& function) {
    lookup.note_code(function, plan.signs);
    if (code.roles.has(CodeRole::kShared) ||
        (function.decorated && std::holds_alternative<MethodCall>(code.calls))) {
        PlannedCode own = code;
        own.address = function.function_address;
        own.qualname_address.reset();
        add_code(plan, std::move(own));
    }
    add_code(plan, std::move(code));
}

// What a point is about: a function; or a method, with its overrides in subclasses.
struct Subject {
    std::optional<PythonCode> function;
    std::uint64_t base = 0;  // the class of the method; 0: a function of a module
    Overrides overrides;

    [[nodiscard]] std::vector<PythonCode> functions() const {
        std::vector<PythonCode> all(function ? 1 : 0, function.value_or(PythonCode{}));
        all.insert(all.end(), overrides.functions.begin(), overrides.functions.end());
        return all;
    }
};

std::string class_part(const PythonFunction& named) {
    const std::size_t dot = named.qualname.rfind('.');
    return dot == std::string::npos ? "" : named.qualname.substr(0, dot);
}

bool is_generator(const PythonCode& function) { return (function.flags & kPlainGeneratorFlags) != 0; }

// How to describe, in a profile, the call of a function that is not a coroutine.
std::string plain_call(const PythonCode& function) {
    if ((function.flags & kGeneratorFlags) != 0) return "it is a generator: write call: generator";
    return "it is not a coroutine function (async def): write call: " +
           std::string(function.owner_type != 0 && !function.bare ? "method" : "function");
}

// Why this function cannot be observed with the profile's `call`, and what to write instead. Empty: it can.
std::string shape_conflict(const Point& point, const PythonCode& function) {
    if (point.call == CallShape::kCoroutine) return function.coroutine ? "" : plain_call(function);
    if (point.call == CallShape::kGenerator && is_generator(function)) return {};
    if (function.coroutine)
        return "it is a coroutine function (async def), not a plain function: write call: coroutine";
    if (point.call == CallShape::kGenerator) return "it is not a generator: " + plain_call(function);
    const bool plain = point.call == CallShape::kFunction || point.call == CallShape::kBetween;
    if (plain && (function.flags & kGeneratorFlags) != 0) return plain_call(function);
    if (point.call == CallShape::kMethod && function.bare)
        return "it is a staticmethod, which is called as a plain function: write call: function";
    if (point.call == CallShape::kInstance && function.owner_type == 0)
        return "it is not a method of a class, which call: instance requires: write call: function";
    return {};
}

PlannedCode planned_caller(const CodeLookup& lookup, const CallerContext& caller, const PythonCode& found,
                           std::size_t index) {
    const PythonCode function = below_decorators(lookup, found, [&](const PythonCode& one) {
        return missing_variable(lookup, one, caller.ids).empty();
    });
    PlannedCode code = planned_code(lookup, function, index, {CodeRole::kCaller});
    code.workflow_id = resolve(lookup, function, caller.ids.workflow_id);
    code.workflow_name = resolve(lookup, function, caller.ids.workflow_name);
    code.node_id = resolve(lookup, function, caller.ids.node_id);
    return code;
}

void add_callers(Plan& plan, PlannedPoint& planned, std::size_t index, const CodeLookup& lookup) {
    for (const CallerContext& caller : planned.point.callers) {
        const auto found = lookup.find_function(caller.function.module, caller.function.qualname);
        if (!found) continue;  // another version of the engine, or not imported: other callers may serve
        lookup.note_code(*found, plan.signs);
        add_code(plan, planned_caller(lookup, caller, *found, index));
    }
}

void add_carriers(Plan& plan, const PlannedPoint& planned, std::size_t index, const CodeLookup& lookup) {
    for (const Carrier& carrier : planned.point.carriers) {
        const auto found = lookup.find_function(carrier.function.module, carrier.function.qualname);
        if (!found) continue;  // as for callers
        const PythonCode function = below_decorators(lookup, *found, [&](const PythonCode& one) {
            return lookup.local_slot(one.code_address, carrier.node).has_value();
        });
        const auto slot = lookup.local_slot(function.code_address, carrier.node);
        if (!slot) continue;
        lookup.note_code(function, plan.signs);
        PlannedCode code = planned_code(lookup, function, index, {CodeRole::kCarrier, CodeRole::kCoroutine});
        code.object_slot = *slot;
        add_code(plan, std::move(code));
    }
}

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < kMostNamed; ++i) text += (i == 0 ? "" : ", ") + names[i];
    if (names.size() > kMostNamed) text += " and " + std::to_string(names.size() - kMostNamed) + " more";
    return text;
}

// The functions of subclasses that replace a method without calling it: it runs if they call it by super(),
// which takes the variable __class__.
std::vector<std::string> replacements(const CodeLookup& lookup, std::uint64_t type,
                                      const std::string& method) {
    const auto calls_super = [&](const PythonCode& one) {
        return lookup.local_slot(one.code_address, "__class__").has_value();
    };
    std::vector<std::string> names;
    for (const PythonCode& one : lookup.find_overrides(type, method).functions)
        if (!calls_super(below_decorators(lookup, one, calls_super))) names.push_back(one.qualname);
    return names;
}

void add_failing_call(Plan& plan, PlannedPoint& planned, std::size_t index, const CodeLookup& lookup) {
    const auto& named = planned.point.failed_by;
    if (!named) return;
    const Result<PythonCode> function = failing_function(lookup, *named);
    if (!function) return;
    lookup.note_code(*function, plan.signs);
    PlannedCode code = planned_code(lookup, *function, index, {CodeRole::kCoroutine});
    code.fails = {index};
    add_code(plan, std::move(code));
    if (function->owner_type == 0) return;
    lookup.note_subclasses(function->owner_type, plan.signs);
    const auto others = replacements(lookup, function->owner_type, named->name());
    if (others.empty()) return;
    planned.lower_exactness();
    planned.warnings.push_back("failed_by: calls of what replaces it are not seen: " + listed(others));
}

// Overrides that always call the function itself, or another point, on the same object.
std::vector<PythonCode> passing_functions(const CodeLookup& lookup, const Point& point) {
    std::vector<PythonCode> passing;
    for (const PythonFunction& one : point.passing_on) {
        if (auto known = lookup.find_function(one.module, one.qualname)) passing.push_back(*std::move(known));
    }
    return passing;
}

PlannedCode called_node(const CodeLookup& lookup, const Point& point, std::size_t index,
                        const PythonCode& function, std::uint64_t base) {
    PlannedCode code = planned_code(lookup, function, index, roles_of(point));
    resolve_own(code, lookup, point, function, is_called_on(point, function, base));
    code.object_slot = lookup.local_slot(function.code_address, point.node_type.local);
    set_recognition(code, lookup, point, function, base);
    // It also runs as part of other executions, so its run mark proves nothing.
    if (point.only_from_callers) code.run_mark.reset();
    return code;
}

// Whether subclasses may override it.
bool may_be_overridden(const Point& point) {
    return point.overrides && (point.call == CallShape::kMethod || point.call == CallShape::kCoroutine ||
                               point.call == CallShape::kGenerator);
}

// Later classes are recognised by their method's name from their first call on.
void add_name(Plan& plan, const CodeLookup& lookup, const Point& point, std::size_t index, std::uint64_t base,
              std::uint64_t name) {
    if (base == 0 || name == 0 || !may_be_overridden(point)) return;
    PlannedCode code;
    code.address = name;
    code.qualname = point.function.qualname;
    code.point = index;
    code.roles = roles_of(point);
    code.roles.add(CodeRole::kName);
    code.calls = MethodCall{base, name};
    resolve_unseen(code, lookup, point);
    add_code(plan, std::move(code));
}

std::uint64_t name_of(const CodeLookup& lookup, const Point& point,
                      const std::vector<PythonCode>& functions) {
    for (const PythonCode& one : functions) {
        const std::uint64_t name =
            one.owner_type == 0 ? 0 : lookup.method_name(one.owner_type, point.function.name());
        if (name != 0) return name;
    }
    return 0;
}

// The function whose executions are observed if a class has this one: itself, or a function that it wraps.
std::optional<PythonCode> seen_function(const Point& point, const CodeLookup& lookup, const PythonCode& one) {
    const auto fits = [&](const PythonCode& function) { return shape_conflict(point, function).empty(); };
    PythonCode function = below_decorators(lookup, one, fits);
    if (!fits(function)) return std::nullopt;
    return function;
}

// The kind of a function that cannot be observed as an override.
std::string kind_of_unseen(const Point& point, const PythonCode& function) {
    if (point.call == CallShape::kMethod && function.bare) return "a staticmethod";
    if ((function.flags & kGeneratorFlags & ~kCoroutineFlag) != 0) return "a generator";
    if (point.call == CallShape::kGenerator)
        return function.coroutine ? "a coroutine function" : "not a generator";
    return function.coroutine ? "a coroutine function" : "not a coroutine function";
}

// Names functions that no probe will see, so that users do not expect them in the metrics.
void note_unseen(PlannedPoint& planned, const CodeLookup& lookup, const Subject& subject) {
    std::vector<std::string> names;
    for (const OddMethod& one : subject.overrides.odd)
        names.push_back(one.class_name + " (a " + one.type + ")");
    for (const PythonCode& one : subject.overrides.functions) {
        if (!seen_function(planned.point, lookup, one))
            names.push_back(one.qualname + " (" + kind_of_unseen(planned.point, one) + ")");
    }
    if (names.empty()) return;
    planned.warnings.push_back("not observed, because they are another kind of function: " +
                               planned.point.function.name() + " of " + listed(names));
}

// Warns of the functions of subclasses that replace a method, if the point is about that very method.
void warn_of_replacements(PlannedPoint& planned, const CodeLookup& lookup, const Subject& subject) {
    const Point& point = planned.point;
    if (subject.base == 0 || !subject.function || point.overrides || point.call == CallShape::kInstance)
        return;
    const auto names = replacements(lookup, subject.base, point.function.name());
    if (!names.empty())
        planned.warnings.push_back("not observed, unless they call what they replace: " + listed(names));
}

// Whether it is a type of object that takes a method's place and is known to call the method as a bound
// method.
bool is_known_keeper(const std::string& type) {
    constexpr std::array<std::string_view, 3> kKnown = {"FunctionWrapper", "BoundFunctionWrapper",
                                                        "partialmethod"};
    return std::ranges::find(kKnown, type) != kKnown.end();
}

void note_kept(PlannedPoint& planned, const Subject& subject) {
    std::vector<std::string> known;
    std::vector<std::string> unknown;
    for (const PythonCode& one : subject.functions()) {
        if (one.kept_by.empty()) continue;
        (is_known_keeper(one.kept_by) ? known : unknown).push_back(one.qualname + " (" + one.kept_by + ")");
    }
    const std::string where =
        "observed where the object that replaces the method calls it as a bound method: ";
    if (!known.empty()) planned.notes.push_back(where + listed(known));
    if (!unknown.empty()) planned.warnings.push_back("only " + where + listed(unknown));
}

// Overrides may not set the variable, so their calls are observed from the creation of the class on: its
// first object may be created and executed within microseconds, so waiting for an object would be too late.
void observe_overrides(Plan& plan, PlannedPoint& planned, std::size_t index, const CodeLookup& lookup,
                       const Subject& subject) {
    const std::vector<PythonCode> passing = passing_functions(lookup, planned.point);
    std::string called;
    for (const PythonCode& one : subject.overrides.functions) {
        const auto same = std::ranges::find(passing, one.code_address, &PythonCode::code_address);
        const auto seen = seen_function(planned.point, lookup, one);
        if (same != passing.end() || !seen) continue;
        add_function(plan, lookup, called_node(lookup, planned.point, index, *seen, subject.base), *seen);
        called += (called.empty() ? "" : ", ") + one.qualname;
    }
    for (const PythonCode& one : passing)
        add_code(plan, planned_code(lookup, one, index, {CodeRole::kPassing}));
    note_unseen(planned, lookup, subject);
    if (called.empty()) return;
    note_kept(planned, subject);
    add_name(plan, lookup, planned.point, index, subject.base,
             name_of(lookup, planned.point, subject.functions()));
    planned.notes.push_back("by " + std::string(mechanism_name(kCalls)) + ", not the variable: " + called);
}

void add_variable(Plan& plan, PlannedPoint& planned, std::size_t index, const CodeLookup& lookup,
                  const Subject& subject) {
    const Point& point = planned.point;
    const PythonCode& function = *subject.function;
    const auto use = variable_use(lookup, point, function);
    if (!use) return;
    PlannedCode code = planned_code(lookup, function, index, {CodeRole::kNode, CodeRole::kSetter});
    resolve_own(code, lookup, point, function, false);
    code.object_slot = use->object_slot;
    code.token_slot = use->token_slot;
    lookup.note_code(function, plan.signs);
    PlannedCode setter = code;
    setter.address = use->variable;
    setter.qualname = point.context_variable->qualname;
    setter.qualname_address.reset();
    setter.roles = {CodeRole::kVariable};
    add_code(plan, std::move(code));
    add_code(plan, std::move(setter));
    observe_overrides(plan, planned, index, lookup, subject);
}

// Instances are recognised by their class: one entry for each class that is called by this function.
void add_instances(Plan& plan, const Point& point, std::size_t index, const CodeLookup& lookup,
                   const PythonCode& function) {
    PlannedCode code = planned_code(lookup, function, index, roles_of(point));
    resolve_own(code, lookup, point, function, true);
    code.qualname_address.reset();
    for (std::uint64_t type : lookup.find_inheriting(function.owner_type, "__call__", point.overrides)) {
        code.address = type;
        add_code(plan, code);
    }
}

void add_functions(Plan& plan, PlannedPoint& planned, std::size_t index, const CodeLookup& lookup,
                   const Subject& subject) {
    const Point& point = planned.point;
    for (const PythonCode& one : subject.functions()) {
        const auto seen = seen_function(point, lookup, one);
        if (seen) add_function(plan, lookup, called_node(lookup, point, index, *seen, subject.base), *seen);
    }
    add_name(plan, lookup, point, index, subject.base, name_of(lookup, point, subject.functions()));
    note_unseen(planned, lookup, subject);
    note_kept(planned, subject);
}

// What is wrong in begins_at and ends_at, if their modules are imported.
std::string wrong_marks(const Point& point, const CodeLookup& lookup) {
    std::string text;
    for (const auto& [key, named] :
         {std::pair("begins_at", &point.begins_at), std::pair("ends_at", &point.ends_at)}) {
        if (named->module.empty() || !lookup.module_dict(named->module)) continue;
        const Result<MarkingCall> call = marking_call(lookup, *named);
        if (call) continue;
        const Error& error = call.error();
        text += (text.empty() ? "" : "; ") + std::string(key) + ": " + error.cause;
        if (!error.remedy.empty()) text += " (" + error.remedy + ")";
    }
    return text;
}

// Whether one of these calls cannot be resolved yet.
bool waits_for_marks(const Point& point, const CodeLookup& lookup) {
    return point.call == CallShape::kBetween &&
           !(lookup.module_dict(point.begins_at.module) && lookup.module_dict(point.ends_at.module));
}

// Everything that the profile claims wrongly about this function; empty: nothing.
std::string mistake(const Point& point, const CodeLookup& lookup, const PythonCode& function) {
    std::string text = shape_conflict(point, function);
    const std::string wrong = wrong_variables(lookup, point, function);
    if (!wrong.empty()) text += (text.empty() ? "" : "; ") + wrong;
    if (const std::string marks = wrong_marks(point, lookup); !marks.empty())
        text += (text.empty() ? "" : "; ") + marks;
    if (wrong.empty() || !is_shared(point, function)) return text;
    return text + " (the function found is " + function.qualname + " of " +
           lookup.file_of(function.code_address) + ": that of a decorator, which has no __wrapped__)";
}

// The value that decides whether an execution without an exception has failed.
void plan_outcome(PlannedPoint& planned, const CodeLookup& lookup, const PythonCode& function) {
    const auto& outcome = planned.point.outcome;
    if (!outcome) return;
    planned.outcome = PlannedOutcome{{}, resolve_outcome(lookup, *outcome)};
    if (outcome->local.empty()) return;
    planned.outcome->slot = lookup.local_slot(function.code_address, outcome->local);
    if (!planned.is_observed_by(kSteps)) return;
    planned.lower_exactness();
    planned.warnings.push_back(
        "failures shown by the local " + outcome->local +
        " are not seen: where the steps of the coroutine end, its frame no longer exists");
}

void refuse_late_ids(PlannedPoint& planned) {
    planned.state = Unobserved{
        "ids_at: end needs CPython 3.12 or later: before, where the steps of a coroutine end, its frame no "
        "longer exists"};
}

void require_creations(PlannedPoint& planned, const ProcessProbes& process) {
    if (const FoundProbes creations = process.creations(); !creations)
        planned.give_up(failing_call_text(creations.error()));
}

void add_watches(Plan& plan, const PlannedPoint& planned, std::size_t index, const CodeLookup& lookup,
                 const PythonCode& function) {
    const Result<CallUnits> units = lookup.call_units(function.code_address);
    if (!units) return;
    lookup.note_code(function, plan.signs);
    PlannedCode code = called_node(lookup, planned.point, index, function, 0);
    code.roles.add(CodeRole::kWatched);
    code.roles.remove(CodeRole::kShared);
    add_code(plan, std::move(code));
    const std::uint64_t address = function.code_address;
    plan.watches.push_back({"python:watch-begin", units->begin, address, CallBegin{}});
    // Include/object.h: ob_refcnt is the first member.
    plan.watches.push_back(
        {"python:watch-end", address, address, CallEnd{units->begin, units->size, units->returns}});
}

// The key of a call that begins or ends executions: the class, which is added to the codes for that; or the
// site of the C function.
std::uint64_t add_mark(Plan& plan, std::size_t index, const CodeLookup& lookup, const ProcessProbes& process,
                       const PythonFunction& named) {
    const Result<MarkingCall> call = marking_call(lookup, named);
    if (!call) return 0;
    if (call->type == 0) {
        const FoundProbes entry = process.find(*call);
        return entry ? entry->front().address : 0;
    }
    PlannedCode mark;
    mark.address = call->type;
    mark.qualname = named.qualname;
    mark.point = index;
    mark.roles = {CodeRole::kMark};
    add_code(plan, std::move(mark));
    return call->type;
}

void add_between(Plan& plan, const PlannedPoint& planned, std::size_t index, const CodeLookup& lookup,
                 const PythonCode& function, const ProcessProbes& process) {
    const Point& point = planned.point;
    const Result<MarkingCall> begin = marking_call(lookup, point.begins_at);
    const Result<MarkingCall> end = marking_call(lookup, point.ends_at);
    if (!begin || !end) return;
    PlannedCode code = called_node(lookup, point, index, function, 0);
    code.roles.add(CodeRole::kWatched);
    code.roles.remove(CodeRole::kShared);
    const std::uint64_t begins_at = add_mark(plan, index, lookup, process, point.begins_at);
    const std::uint64_t ends_at = add_mark(plan, index, lookup, process, point.ends_at);
    code.calls = CallsBetween{begins_at, ends_at};
    add_code(plan, std::move(code));
    add_probes(plan, calls_within(process, *begin, *end).probes);
}

// What the plan of a point depends on, beside the point.
struct PointContext {
    const Profile& profile;
    const CodeLookup& lookup;
    const ProcessProbes& process;
    bool unused = false;  // no class of the profile has an object yet, and that is to be waited for

    // Whether points that are expensive even while nothing calls them may be observed later. Those of the
    // user's own profiles are observed from the attach on.
    [[nodiscard]] bool may_wait() const {
        return process.wishes().preference == Preference::kCheap && profile.is_built_in();
    }
    void choose_mechanism(const Plan& plan, PlannedPoint& planned, const PythonCode& function) const {
        observe_by_best(planned,
                        candidates_of(planned.point, function, lookup, process, profile.expected_hits,
                                      plan.watches.size()),
                        process.wishes().preference);
    }
};

void observe(Plan& plan, PlannedPoint& planned, std::size_t index, const Subject& subject,
             const PointContext& context) {
    const CodeLookup& lookup = context.lookup;
    const Point& point = planned.point;
    const PythonCode function = subject.function.value_or(PythonCode{});
    if (context.may_wait() && costs_while_idle(point, function) &&
        waits_for_objects(point, lookup, function, plan.signs)) {
        planned.wait("no object of its class has been created yet: it is observed once there is one");
        return;
    }
    context.choose_mechanism(plan, planned, function);
    if (!planned.is_observed() && waits_for_marks(point, lookup)) planned.wait(planned.why_not());
    if (point.ids_at_end && planned.is_observed_by(kSteps)) refuse_late_ids(planned);
    if (point.failed_by && planned.is_observed()) require_creations(planned, context.process);
    if (!planned.is_observed()) return;
    plan_outcome(planned, lookup, function);
    if (planned.is_observed_by(kVariable)) {
        add_variable(plan, planned, index, lookup, subject);
    } else if (planned.is_observed_by(kWatches)) {
        add_watches(plan, planned, index, lookup, function);
    } else if (planned.is_observed_by(kMarks)) {
        add_between(plan, planned, index, lookup, function, context.process);
    } else if (point.call == CallShape::kInstance) {
        add_instances(plan, point, index, lookup, function);
    } else {
        add_functions(plan, planned, index, lookup, subject);
    }
    add_callers(plan, planned, index, lookup);
    add_carriers(plan, planned, index, lookup);
    add_failing_call(plan, planned, index, lookup);
    note_origins(planned);
    warn_of_replacements(planned, lookup, subject);
    if (subject.base != 0) note_properties(planned, lookup, subject.base);
}

// The function that the point names, or the class whose subclasses have such a method. Empty if there is
// neither.
Result<Subject> find_subject(const CodeLookup& lookup, const Point& point) {
    Subject subject;
    Result<PythonCode> function = lookup.find_function(point.function.module, point.function.qualname);
    const std::string owner = class_part(point.function);
    const bool of_class = may_be_overridden(point) && !owner.empty() && owner.find('<') == std::string::npos;
    const Result<std::uint64_t> type =
        of_class ? lookup.find_class(point.function.module, owner) : Error{"", "", ""};
    if (!function && !type) return function.error();
    if (function) {
        subject.function = point.call == CallShape::kMethod || point.call == CallShape::kInstance
                               ? *function
                               : below_decorators(lookup, *function, [&](const PythonCode& one) {
                                     return mistake(point, lookup, one).empty();
                                 });
        subject.base = function->owner_type;
    } else {
        subject.base = *type;
    }
    if (point.overrides && subject.base != 0)
        subject.overrides = lookup.find_overrides(subject.base, point.function.name());
    return subject;
}

constexpr const char* kNoSubclass = "no class has such a method yet: it is observed once one has";

std::string why_not_found(const Plan& plan, const CodeLookup& lookup, const PythonFunction& named,
                          const Error& error) {
    if (waits_for_lazy_import(lookup, named)) {
        return "'" + named.qualname.substr(0, named.qualname.find('.')) +
               "' is imported lazily and not used yet";
    }
    return lookup.module_dict(named.module) ? error.cause : why_not_imported(lookup, plan.pid, named.module);
}

// Whether the object that a point names may appear later.
bool may_be_imported(const CodeLookup& lookup, const PythonFunction& named) {
    return !lookup.module_dict(named.module).has_value() || waits_for_lazy_import(lookup, named);
}

// Whether the function that failed_by names, if it names one, can be observed. If not, the point says so.
bool has_failing_function(PlannedPoint& planned, const CodeLookup& lookup) {
    const auto& named = planned.point.failed_by;
    if (!named) return true;
    const Result<PythonCode> function = failing_function(lookup, *named);
    if (function) return true;
    std::string text = failing_call_text(function.error());
    if (may_be_imported(lookup, *named))
        planned.wait(std::move(text));
    else
        planned.refute(std::move(text));
    return false;
}

// As plan_point(), for a point about a ContextVar.
void plan_variable(Plan& plan, PlannedPoint& planned, const PointContext& context) {
    const CodeLookup& lookup = context.lookup;
    const Point& point = planned.point;
    const auto variable = lookup.find_context_variable(point.function.module, point.function.qualname);
    if (!variable) {
        const std::string& cause = variable.error().cause;
        return may_be_imported(lookup, point.function) ? planned.wait(cause + " yet") : planned.refute(cause);
    }
    context.choose_mechanism(plan, planned, {});
    if (!planned.is_observed()) return;
    PlannedCode code;
    code.address = *variable;
    code.qualname = point.function.qualname;
    code.point = plan.points.size();
    code.roles = {CodeRole::kContext, execution_role(point)};
    resolve_value(code, lookup, point);
    add_code(plan, std::move(code));
    add_callers(plan, planned, plan.points.size(), lookup);
}

void plan_point(Plan& plan, PlannedPoint& planned, const PointContext& context) {
    if (planned.point.call == CallShape::kVariable) return plan_variable(plan, planned, context);
    const CodeLookup& lookup = context.lookup;
    const PythonFunction& named = planned.point.function;
    const Result<Subject> subject = find_subject(lookup, planned.point);
    if (!subject) {
        std::string cause = why_not_found(plan, lookup, named, subject.error());
        return may_be_imported(lookup, named) ? planned.wait(std::move(cause))
                                              : planned.refute(std::move(cause));
    }
    std::string wrong = subject->function ? mistake(planned.point, lookup, *subject->function) : "";
    if (!wrong.empty()) return planned.refute(std::move(wrong));
    if (!has_failing_function(planned, lookup)) return;
    if (subject->base != 0 && subclasses_matter(planned.point, context.process.wishes()))
        lookup.note_subclasses(subject->base, plan.signs);
    if (context.unused) {
        planned.wait("no object of its engine has been created yet: it is observed once there is one");
    } else if (subject->functions().empty()) {
        planned.wait(kNoSubclass);
    } else {
        observe(plan, planned, plan.points.size(), *subject, context);
    }
}

}  // namespace

void leave_unwatched(Plan& plan, const std::string& reason) {
    plan.watches.clear();
    for (PlannedPoint& point : plan.points)
        if (point.is_observed_by(kWatches)) point.give_up(reason);
}

void plan_python_profile(Plan& plan, const Profile& profile, const CodeLookup& lookup,
                         const ProcessProbes& process) {
    const PointContext context{profile, lookup, process,
                               process.wishes().on_use && is_unused(profile, lookup, plan.signs)};
    for (const Point& point : profile.points) {
        PlannedPoint planned{profile.name, point};
        planned.made_up_names = profile.made_up_names;
        plan_point(plan, planned, context);
        if (!profile.is_built_in()) note_missing_callers(planned, lookup, plan.pid);
        plan.points.push_back(std::move(planned));
    }
}

}  // namespace flowtap
