// SPDX-License-Identifier: Apache-2.0
#include "plan/python/python_plan.h"

#include <algorithm>
#include <iterator>

#include "plan/python/failing_call.h"
#include "plan/python/first_use.h"
#include "plan/python/function_shape.h"
#include "plan/python/module_files.h"
#include "plan/python/other_functions.h"
#include "plan/python/planned_codes.h"
#include "plan/python/planned_paths.h"
#include "plan/python/point_candidates.h"
#include "plan/python/point_mistakes.h"
#include "plan/python/point_subject.h"
#include "plan/python/profile_check.h"
#include "plan/python/unseen_functions.h"

namespace flowtap {
namespace {

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
    if (may_be_imported(lookup, *named)) {
        planned.wait(std::move(text));
    } else {
        planned.refute(std::move(text));
    }
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
    std::string wrong = subject->function ? mistakes_in(planned.point, lookup, *subject->function) : "";
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
