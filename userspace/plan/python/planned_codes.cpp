// SPDX-License-Identifier: Apache-2.0
#include "plan/python/planned_codes.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "plan/python/planned_paths.h"

namespace flowtap {
namespace {

std::optional<std::uint64_t> known_address(std::uint64_t address) {
    return address == 0 ? std::nullopt : std::optional(address);
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

}  // namespace

bool is_shared(const Point& point, const PythonCode& function) {
    if (function.function_address == 0) return false;
    if (function.owner_type == 0) return function.qualname != point.function.qualname;
    return !function.kept_by.empty() || !function.written_as(point.function.name());
}

namespace {

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

}  // namespace

bool may_be_overridden(const Point& point) {
    return point.overrides && (point.call == CallShape::kMethod || point.call == CallShape::kCoroutine ||
                               point.call == CallShape::kGenerator);
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

}  // namespace flowtap
