// SPDX-License-Identifier: Apache-2.0
#include "profile/id_source.h"

#include <string>
#include <utility>
#include <variant>

#include "profile/marker_point.h"
#include "profile/native_source.h"
#include "profile/python_path.h"

namespace flowtap {
namespace {

IdSource read_id_source(const MapReader& map, std::string_view key, Runtime runtime) {
    const auto text = map.text(key, Need::kOptional);
    if (!text) return {};
    if (runtime == Runtime::kCPython) {
        PythonPath path = read_python_path(key, *text, map.scope());
        return path.local.empty() ? IdSource{} : IdSource{std::move(path)};
    }
    return read_native_source(key, *text, names_markers(map) ? Untyped::kAllowed : Untyped::kRefused,
                              map.scope());
}

}  // namespace

PythonPath read_python_path(std::string_view key, const Text& text, const Scope& scope) {
    auto parsed = parse_python_path(text.value);
    if (auto* path = std::get_if<PythonPath>(&parsed)) return std::move(*path);
    auto& fault = std::get<PathFault>(parsed);
    scope.report(text.line, "key " + flowtap::quoted(key) + ": " + flowtap::quoted(text.value) + fault.cause,
                 std::move(fault.remedy));
    return {};
}

IdSources read_id_sources(const MapReader& map, Runtime runtime) {
    return {.workflow_id = read_id_source(map, "workflow_id", runtime),
            .workflow_name = read_id_source(map, "workflow_name", runtime),
            .node_id = read_id_source(map, "node_id", runtime)};
}

}  // namespace flowtap
