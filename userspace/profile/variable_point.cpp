// SPDX-License-Identifier: Apache-2.0
#include "profile/variable_point.h"

#include <string>
#include <string_view>
#include <variant>

namespace flowtap {
namespace {

constexpr std::string_view kValue = "value";

void refuse(const MapReader& map, std::string_view key, const std::string& cause, std::string remedy) {
    const auto line = map.line_of_key(key);
    if (line) map.scope().report(*line, "key " + flowtap::quoted(key) + ": " + cause, std::move(remedy));
}

PythonFunction variable_named(const MapReader& map) {
    const auto text = map.text("variable", Need::kRequired);
    if (!text) return {};
    const auto parts = split(text->value, ':');
    if (parts.size() == 2 && is_module(parts[0]) && is_identifier(parts[1]))
        return {std::string(parts[0]), std::string(parts[1])};
    map.scope().report(text->line,
                       "key \"variable\": " + flowtap::quoted(text->value) + " does not name a ContextVar",
                       "write module:name, as in \"package.context:current_job\"");
    return {};
}

// A context variable has no frame whose locals a path could begin with.
void check_path(const MapReader& map, std::string_view key, const IdSource& source) {
    const auto* path = std::get_if<PythonPath>(&source);
    if (path == nullptr || path->local == kValue) return;
    refuse(map, key,
           "begins with " + flowtap::quoted(path->local) + ", but call: variable has only its value",
           "write value, or value.attribute");
}

}  // namespace

void read_variable_point(const MapReader& map, Point& point) {
    point.function = variable_named(map);
    check_path(map, "workflow_id", point.ids.workflow_id);
    check_path(map, "workflow_name", point.ids.workflow_name);
    check_path(map, "node_id", point.ids.node_id);
    refuse(map, "function", "is not for call: variable, which has no function", "remove it");
    refuse(map, "node_type", "with call: variable it is the class of the value", "remove it");
    for (const char* key :
         {"overrides", "only_from_callers", "carriers", "context_variable", "context_token", "passing_on"})
        refuse(map, key, "is not for call: variable", "remove it");
}

void refuse_variable(const MapReader& map) {
    refuse(map, "variable", "is only for call: variable", "remove it, or write call: variable");
}

}  // namespace flowtap
