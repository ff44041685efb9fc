// SPDX-License-Identifier: Apache-2.0
#include "profile/between_point.h"

#include <string>
#include <utility>

#include "yaml/names.h"

namespace flowtap {
namespace {

constexpr const char* kForm =
    "name a class, a built-in function or a method of a built-in class, as in \"engine.job:Context\", "
    "\"time:monotonic\" or \"builtins:set.add\"";

void refuse(const MapReader& map, const char* key, const std::string& cause, std::string remedy) {
    const auto line = map.line_of_key(key);
    if (line) map.scope().report(*line, "key " + flowtap::quoted(key) + ": " + cause, std::move(remedy));
}

PythonFunction read_callee(const MapReader& map, const char* key) {
    const auto text = map.text(key, Need::kRequired);
    if (!text) return {};
    const auto parts = split(text->value, ':');
    if (parts.size() == 2 && is_module(parts[0]) && is_qualname(parts[1]))
        return {std::string(parts[0]), std::string(parts[1])};
    map.scope().report(text->line,
                       "key " + flowtap::quoted(key) + ": " + flowtap::quoted(text->value) +
                           " does not name a class or a function",
                       kForm);
    return {};
}

}  // namespace

void read_between_point(const MapReader& map, Point& point) {
    point.begins_at = read_callee(map, "begins_at");
    point.ends_at = read_callee(map, "ends_at");
    if (!point.begins_at.module.empty() && point.begins_at == point.ends_at) {
        map.scope().report(map.line(), "key \"ends_at\": names the same call as begins_at",
                           "name another call, which the function makes at the end of the execution");
    }
    for (const char* key : {"carriers", "context_variable", "context_token", "passing_on"})
        refuse(map, key, "is not for call: between", "remove it");
}

void refuse_between(const MapReader& map) {
    for (const char* key : {"begins_at", "ends_at"})
        refuse(map, key, "is only for call: between", "remove it, or write call: between");
}

}  // namespace flowtap
