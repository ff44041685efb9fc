// SPDX-License-Identifier: Apache-2.0
#include "profile/point_reader.h"

#include <optional>
#include <string>

#include "profile/id_source.h"
#include "profile/native_point.h"
#include "profile/profile_loader.h"
#include "profile/python_point.h"
#include "yaml/map_reader.h"

namespace flowtap {
namespace {

constexpr Choice<PointKind> kKinds[] = {{"workflow", PointKind::kWorkflow}, {"node", PointKind::kNode}};

// How messages refer to the point: by its name, or by its number if the name cannot be read.
std::string place(const YAML::Node& node, std::size_t number) {
    if (node.IsMap()) {
        const auto name = node["name"];
        if (name && name.IsScalar() && !name.Scalar().empty())
            return "point " + flowtap::quoted(name.Scalar()) + ": ";
    }
    return "point " + std::to_string(number) + ": ";
}

// If the kind could not be read, allows all keys: the point's error was already reported.
std::vector<Key> point_keys(Runtime runtime, std::optional<PointKind> kind) {
    const bool python = runtime == Runtime::kCPython;
    const std::string_view python_only = python ? "" : "runtime: cpython";
    const std::string_view native_only = python ? "runtime: native" : "";
    const std::string_view node_only = kind == PointKind::kWorkflow ? "kind: node" : "";
    const std::string_view python_node_only = python ? node_only : python_only;
    return {{"name"},
            {"kind"},
            {"function"},
            {"call", python_only},
            {"variable", python_only},
            {"begins_at", python_only},
            {"ends_at", python_only},
            {"arguments", python_only},
            {"overrides", python_only},
            {"exit", native_only},
            {"failed_when"},
            {"failed_with", python_only},
            {"failed_by", python_only},
            {"statuses", python_only},
            {"begin", native_only},
            {"end", native_only},
            {"done", native_only},
            {"key", native_only},
            {"end_key", native_only},
            {"duration", native_only},
            {"result", native_only},
            {"workflow_id"},
            {"workflow_name"},
            {"node_id", node_only},
            {"node_type", python_node_only},
            {"ids_at", python_node_only},
            {"callers", python_node_only},
            {"only_from_callers", python_node_only},
            {"carriers", python_node_only},
            {"context_variable", python_node_only},
            {"context_token", python_node_only},
            {"passing_on", python_node_only},
            {"limits"}};
}

std::string read_name(const MapReader& map) {
    const auto text = map.text("name", Need::kRequired);
    if (!text) return {};
    if (!is_label(text->value)) {
        map.scope().report(text->line, "key \"name\": " + flowtap::quoted(text->value) + " is not a name",
                           "use up to 64 letters, digits, '_', '-' and '.'");
    }
    return text->value;
}

}  // namespace

Point read_point(const YAML::Node& node, std::size_t number, Runtime runtime, Problems& problems) {
    const MapReader map(node, {problems, place(node, number)});
    Point point;
    point.line = map.line();
    if (!node.IsMap()) return point;
    point.name = read_name(map);
    const auto kind = map.choice("kind", kKinds, Need::kRequired);
    point.kind = kind.value_or(PointKind::kNode);
    map.check_keys(point_keys(runtime, kind));
    point.ids = read_id_sources(map, runtime);
    for (const Text& limit : map.texts("limits", Need::kOptional, ProfileLimits::kLimits))
        point.limits.push_back(limit.value);
    if (runtime == Runtime::kCPython) {
        read_python_point(map, point);
    } else {
        read_native_point(map, point);
    }
    return point;
}

}  // namespace flowtap
