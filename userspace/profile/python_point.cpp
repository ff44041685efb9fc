// SPDX-License-Identifier: Apache-2.0
#include "profile/python_point.h"

#include <algorithm>
#include <string>
#include <variant>

#include "profile/between_point.h"
#include "profile/id_source.h"
#include "profile/outcome_rule.h"
#include "profile/profile_loader.h"
#include "profile/variable_point.h"

namespace flowtap {
namespace {

constexpr Choice<CallShape> kShapes[] = {
    {"coroutine", CallShape::kCoroutine}, {"generator", CallShape::kGenerator},
    {"method", CallShape::kMethod},       {"instance", CallShape::kInstance},
    {"function", CallShape::kFunction},   {"variable", CallShape::kVariable},
    {"between", CallShape::kBetween}};
constexpr Choice<bool> kArguments[] = {{"unpacked", true}, {"any", false}};
constexpr Choice<bool> kIdTimes[] = {{"end", true}, {"begin", false}};
constexpr Choice<bool> kFlags[] = {{"true", true}, {"false", false}};

constexpr const char* kMethodAdvice = "write module:Class.method, as in \"package.module:Engine.run\"";

PythonFunction function_named(const MapReader& map, const char* key, const Text& text, const char* advice) {
    const auto parts = split(text.value, ':');
    if (parts.size() == 2 && is_module(parts[0]) && is_qualname(parts[1])) {
        return {std::string(parts[0]), std::string(parts[1])};
    }
    const auto* what = parts.size() < 2 ? " has no ':'" : " does not name a Python function";
    map.scope().report(text.line, "key \"" + std::string(key) + "\": " + flowtap::quoted(text.value) + what,
                       advice);
    return {};
}

PythonFunction read_name(const MapReader& map, const char* key, Need need, const char* advice) {
    const auto text = map.text(key, need);
    return text ? function_named(map, key, *text, advice) : PythonFunction{};
}

PythonFunction read_function(const MapReader& map) {
    return read_name(map, "function", Need::kRequired, kMethodAdvice);
}

std::optional<PythonFunction> read_variable(const MapReader& map, const Point& point) {
    const PythonFunction variable = read_name(map, "context_variable", Need::kOptional,
                                              "write module:name, as in \"package.context:current_node\"");
    if (variable.module.empty()) return std::nullopt;
    if (point.call == CallShape::kMethod && point.kind == PointKind::kNode) return variable;
    map.scope().report(map.line(), "key \"context_variable\": is for nodes with call: method",
                       "remove it: coroutines are cheap to observe");
    return std::nullopt;
}

void read_passing_on(const MapReader& map, Point& point) {
    for (const Text& text : map.texts("passing_on", Need::kOptional, ProfileLimits::kCallers))
        point.passing_on.push_back(function_named(map, "passing_on", text, kMethodAdvice));
}

// Both keys only add to the context variable.
void check_variable(const MapReader& map, const Point& point) {
    if (point.context_variable || (point.context_token.empty() && point.passing_on.empty())) return;
    map.scope().report(map.line(),
                       std::string("key \"") + (point.passing_on.empty() ? "context_token" : "passing_on") +
                           "\": is of no use without context_variable",
                       "remove it, or name the variable");
}

void check_shape(const MapReader& map, const Point& point) {
    if (point.call != CallShape::kInstance || point.function.qualname.empty()) return;
    if (point.function.qualname.ends_with(".__call__")) return;
    map.scope().report(map.line(),
                       "key \"call\": instance is for a class's __call__, not for " +
                           flowtap::quoted(point.function.qualname),
                       "name Class.__call__, or say call: method");
}

bool read_overrides(const MapReader& map, const PythonFunction& function, CallShape call) {
    const bool overrides = map.choice("overrides", kFlags, Need::kOptional).value_or(false);
    if (overrides && (call == CallShape::kFunction || call == CallShape::kBetween)) {
        map.scope().report(map.line(), "key \"overrides\": is not for call: function or call: between",
                           "remove overrides, and give the overrides points of their own");
    }
    if (overrides && !function.qualname.empty() && function.qualname.find('.') == std::string::npos) {
        map.scope().report(
            map.line(),
            "key \"overrides\": " + flowtap::quoted(function.qualname) + " is not a method of a class",
            "remove overrides, or name the method as Class.method");
    }
    return overrides;
}

bool read_arguments(const MapReader& map, CallShape call) {
    const bool unpacked = map.choice("arguments", kArguments, Need::kOptional).value_or(false);
    if (unpacked && call != CallShape::kMethod)
        map.scope().report(map.line(), "key \"arguments\": is for call: method", "remove it");
    return unpacked;
}

std::string read_local(const MapReader& map, const char* key, Need need, const char* advice) {
    const auto text = map.text(key, need);
    if (!text || is_identifier(text->value)) return text ? text->value : std::string{};
    map.scope().report(
        text->line,
        "key \"" + std::string(key) + "\": " + flowtap::quoted(text->value) + " is not a local variable",
        advice);
    return {};
}

bool gives_nothing(const IdSources& ids) {
    return std::holds_alternative<std::monostate>(ids.workflow_id) &&
           std::holds_alternative<std::monostate>(ids.workflow_name) &&
           std::holds_alternative<std::monostate>(ids.node_id);
}

CallerContext read_caller(const MapReader& map) {
    map.check_keys({{"function"}, {"workflow_id"}, {"workflow_name"}, {"node_id"}});
    return {read_function(map), read_id_sources(map, Runtime::kCPython), map.line()};
}

void check_caller(const CallerContext& caller, const Point& point, const Scope& scope) {
    if (gives_nothing(caller.ids)) {
        scope.report(caller.line, "gives no id", "add workflow_id, workflow_name or node_id, or remove it");
    }
    const auto first = std::find_if(point.callers.begin(), point.callers.end(),
                                    [&](const auto& other) { return other.function == caller.function; });
    if (first != point.callers.end() && !caller.function.module.empty()) {
        scope.report(caller.line, "is the same function as the caller on line " + std::to_string(first->line),
                     "merge the two");
    }
}

void read_callers(const MapReader& map, Point& point) {
    for (const auto& node : map.list("callers", Need::kOptional, ProfileLimits::kCallers)) {
        const auto number = std::to_string(point.callers.size() + 1);
        const Scope scope{map.scope().problems, map.scope().where + "caller " + number + ": "};
        auto caller = read_caller(MapReader(node, scope));
        if (node.IsMap()) check_caller(caller, point, scope);
        point.callers.push_back(std::move(caller));
    }
}

void read_carriers(const MapReader& map, Point& point) {
    for (const auto& node : map.list("carriers", Need::kOptional, ProfileLimits::kCallers)) {
        const auto number = std::to_string(point.carriers.size() + 1);
        const MapReader carrier(node, {map.scope().problems, map.scope().where + "carrier " + number + ": "});
        if (!node.IsMap()) continue;
        carrier.check_keys({{"function"}, {"node"}});
        const PythonFunction function = read_function(carrier);
        point.carriers.push_back({function,
                                  read_local(carrier, "node", Need::kRequired,
                                             "name the local that holds the node, as in \"node_instance\""),
                                  carrier.line()});
    }
}

bool read_ids_at_end(const MapReader& map, CallShape call) {
    const bool at_end = map.choice("ids_at", kIdTimes, Need::kOptional).value_or(false);
    if (at_end && call != CallShape::kCoroutine && call != CallShape::kGenerator &&
        call != CallShape::kBetween) {
        map.scope().report(map.line(), "key \"ids_at\": end is for call: coroutine, generator and between",
                           "remove it");
    }
    return at_end;
}

bool read_only_from_callers(const MapReader& map, const Point& point) {
    const bool only = map.choice("only_from_callers", kFlags, Need::kOptional).value_or(false);
    if (!only) return false;
    if (point.callers.empty()) {
        map.scope().report(map.line(), "key \"only_from_callers\": there are no callers",
                           "name the callers, or remove it");
    }
    if (point.call != CallShape::kCoroutine) {
        map.scope().report(map.line(), "key \"only_from_callers\": is for nodes with call: coroutine",
                           "remove it");
    }
    return only;
}

}  // namespace

void read_python_point(const MapReader& map, Point& point) {
    point.call = map.choice("call", kShapes, Need::kRequired).value_or(CallShape::kMethod);
    point.ids_at_end = read_ids_at_end(map, point.call);
    if (point.call != CallShape::kBetween) refuse_between(map);
    if (point.call == CallShape::kVariable) {
        read_variable_point(map, point);
        read_callers(map, point);
        read_outcome(map, point);
        return;
    }
    refuse_variable(map);
    point.function = read_function(map);
    check_shape(map, point);
    point.unpacked = read_arguments(map, point.call);
    point.overrides = read_overrides(map, point.function, point.call);
    if (const auto text = map.text("node_type", Need::kOptional))
        point.node_type = read_python_path("node_type", *text, map.scope());
    read_callers(map, point);
    point.only_from_callers = read_only_from_callers(map, point);
    read_carriers(map, point);
    point.context_variable = read_variable(map, point);
    point.context_token = read_local(map, "context_token", Need::kOptional,
                                     "name the local that keeps what setting the variable returned");
    read_passing_on(map, point);
    check_variable(map, point);
    if (point.call == CallShape::kBetween) read_between_point(map, point);
    read_outcome(map, point);
}

}  // namespace flowtap
