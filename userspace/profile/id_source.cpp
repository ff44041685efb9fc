// SPDX-License-Identifier: Apache-2.0
#include "profile/id_source.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

#include "profile/marker_point.h"
#include "profile/native_source.h"

namespace flowtap {
namespace {

std::string opening(std::string_view key, const Text& text) {
    return "key " + quoted(key) + ": " + quoted(text.value);
}

IdSource read_path(std::string_view key, const Text& text, const Scope& scope) {
    const auto parts = split(text.value, '.');
    if (!std::all_of(parts.begin(), parts.end(), is_identifier)) {
        scope.report(text.line, opening(key, text) + " is not a path from a local variable",
                     "write local or local.attribute; argN TYPE is only for runtime: native");
        return {};
    }
    if (parts.size() - 1 > PythonPath::kMaxAttributes) {
        scope.report(text.line,
                     opening(key, text) + " goes through " + std::to_string(parts.size() - 1) + " attributes",
                     "at most " + std::to_string(PythonPath::kMaxAttributes));
        return {};
    }
    return PythonPath{std::string(parts[0]), {std::next(parts.begin()), parts.end()}};
}

IdSource read_id_source(const MapReader& map, std::string_view key, Runtime runtime) {
    const auto text = map.text(key, Need::kOptional);
    if (!text) return {};
    if (runtime == Runtime::kCPython) return read_path(key, *text, map.scope());
    return read_native_source(key, *text, names_markers(map) ? Untyped::kAllowed : Untyped::kRefused,
                              map.scope());
}

}  // namespace

IdSources read_id_sources(const MapReader& map, Runtime runtime) {
    return {.workflow_id = read_id_source(map, "workflow_id", runtime),
            .workflow_name = read_id_source(map, "workflow_name", runtime),
            .node_id = read_id_source(map, "node_id", runtime)};
}

}  // namespace flowtap
