// SPDX-License-Identifier: Apache-2.0
#include "plan/python/planned_paths.h"

#include <array>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace flowtap {
namespace {

constexpr std::string_view kSelf = "self";

PlannedPath path_of(const CodeLookup& lookup, const PythonPath& path, const Variable& variable) {
    PlannedPath planned{variable, lookup.hash_of(path.local), {}};
    for (const PathStep& step : path.steps) planned.steps.push_back({step, lookup.hash_of(step.name)});
    return planned;
}

// The argument of a call whose frame does not exist yet.
std::optional<Variable> argument_of(const CodeLookup& lookup, const PythonCode& function,
                                    const std::string& name) {
    const auto has_it = [&](const PythonCode& one) {
        const auto found = lookup.variable(one.code_address, name);
        return found && found->argument;
    };
    const PythonCode wrapped = below_decorators(lookup, function, has_it);
    const auto found = lookup.variable(wrapped.code_address, name);
    if (!found || !found->argument) return std::nullopt;
    return Variable{-1, found->position, -1, true};
}

std::optional<PlannedPath> own_path(const CodeLookup& lookup, const PythonPath& path,
                                    const PythonCode& function, const Point& point, bool method) {
    if (path.local.empty()) return std::nullopt;
    if (method && path.local == kSelf) return path_of(lookup, path, {0, 0, -1, true});
    auto variable = lookup.variable(function.code_address, path.local);
    if (!variable && point.call == CallShape::kMethod) variable = argument_of(lookup, function, path.local);
    return path_of(lookup, path, variable.value_or(Variable{}));
}

// In the order of the struct's members.
std::array<std::pair<std::optional<PlannedPath>*, PythonPath>, 4> own_paths(PlannedCode& code,
                                                                            const Point& point) {
    const auto path = [](const IdSource& source) {
        const auto* given = std::get_if<PythonPath>(&source);
        return given == nullptr ? PythonPath{} : *given;
    };
    // A path without steps is the node itself, whose class is its type anyway.
    const PythonPath type = point.node_type.steps.empty() ? PythonPath{} : point.node_type;
    return {{{&code.workflow_id, path(point.ids.workflow_id)},
             {&code.workflow_name, path(point.ids.workflow_name)},
             {&code.node_id, path(point.ids.node_id)},
             {&code.node_type, type}}};
}

std::vector<std::string> variables_of(const Point& point) {
    std::vector<std::string> names;
    PlannedCode unused;
    for (const auto& [to, path] : own_paths(unused, point))
        if (!path.local.empty()) names.push_back(path.local);
    if (!point.node_type.local.empty()) names.push_back(point.node_type.local);
    if (point.outcome && !point.outcome->local.empty()) names.push_back(point.outcome->local);
    return names;
}

// Whether no frame exists when the paths are read.
bool is_read_in_call(const Point& point) {
    return (point.call == CallShape::kMethod && !point.context_variable) ||
           point.call == CallShape::kInstance;
}

std::string wrong_in_call(const CodeLookup& lookup, const Point& point, const PythonCode& function,
                          const std::string& name) {
    if (point.call == CallShape::kInstance) return "with call: instance, only self can be read, not " + name;
    const auto variable = lookup.variable(function.code_address, name);
    if (variable && (variable->argument || variable->closure >= 0)) return {};
    if (argument_of(lookup, function, name)) return {};
    return variable ? name + " has no value yet when the method is called: only its parameters have one"
                    : "it has no local variable " + name;
}

}  // namespace

std::optional<PlannedPath> resolve(const CodeLookup& lookup, const PythonCode& function,
                                   const IdSource& source) {
    const auto* path = std::get_if<PythonPath>(&source);
    if (path == nullptr) return std::nullopt;
    const auto variable = lookup.variable(function.code_address, path->local);
    if (!variable) return std::nullopt;
    return path_of(lookup, *path, *variable);
}

void resolve_own(PlannedCode& code, const CodeLookup& lookup, const Point& point, const PythonCode& function,
                 bool method) {
    for (const auto& [to, path] : own_paths(code, point))
        *to = own_path(lookup, path, function, point, method);
}

void resolve_unseen(PlannedCode& code, const CodeLookup& lookup, const Point& point) {
    for (const auto& [to, path] : own_paths(code, point)) {
        if (path.local.empty()) continue;
        *to = path_of(lookup, path, path.local == kSelf ? Variable{0, 0, -1, true} : Variable{});
    }
}

void resolve_value(PlannedCode& code, const CodeLookup& lookup, const Point& point) {
    for (const auto& [to, path] : own_paths(code, point))
        if (!path.local.empty()) *to = path_of(lookup, path, {0, 0, -1, true});
}

std::optional<PlannedPath> resolve_outcome(const CodeLookup& lookup, const OutcomeRule& outcome) {
    if (outcome.steps.empty()) return std::nullopt;
    return path_of(lookup, {outcome.local, outcome.steps}, {});
}

std::string missing_variable(const CodeLookup& lookup, const PythonCode& function, const IdSources& ids) {
    for (const IdSource* source : {&ids.workflow_id, &ids.workflow_name, &ids.node_id}) {
        const auto* path = std::get_if<PythonPath>(source);
        if (path == nullptr || (path->local == kSelf && function.owner_type != 0)) continue;
        if (!lookup.local_slot(function.code_address, path->local)) return path->local;
    }
    return {};
}

std::string wrong_variables(const CodeLookup& lookup, const Point& point, const PythonCode& function) {
    std::string all;
    std::set<std::string> seen;
    for (const std::string& name : variables_of(point)) {
        if (!seen.insert(name).second || (name == kSelf && function.owner_type != 0)) continue;
        std::string wrong;
        if (is_read_in_call(point)) {
            wrong = wrong_in_call(lookup, point, function, name);
        } else if (!lookup.local_slot(function.code_address, name)) {
            wrong = "it has no local variable " + name;
        }
        if (!wrong.empty()) all += (all.empty() ? "" : "; ") + wrong;
    }
    return all;
}

}  // namespace flowtap
