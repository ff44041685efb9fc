// SPDX-License-Identifier: Apache-2.0
#include "profile/marker_point.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "profile/native_source.h"

namespace flowtap {
namespace {

// "provider:name".
bool is_marker(std::string_view text) {
    constexpr std::size_t kLongest = 256;
    const auto parts = split(text, ':');
    const auto fits = [](std::string_view part) {
        return !part.empty() && std::ranges::all_of(part, [](char c) { return c > 0x20 && c < 0x7f; });
    };
    return text.size() <= kLongest && parts.size() == 2 && fits(parts[0]) && fits(parts[1]);
}

std::string read_marker(const MapReader& map, std::string_view key) {
    const auto text = map.text(key, Need::kOptional);
    if (!text) return {};
    if (!is_marker(text->value)) {
        map.scope().report(
            text->line,
            "key " + flowtap::quoted(key) + ": " + flowtap::quoted(text->value) + " is not a marker",
            "write provider:name, as readelf --notes shows them");
    }
    return text->value;
}

IdSource read_argument(const MapReader& map, std::string_view key) {
    const auto text = map.text(key, Need::kOptional);
    return text ? read_native_source(key, *text, Untyped::kAllowed, map.scope()) : IdSource{};
}

// Arguments of a marker have positions, but no names and no fixed registers.
void check_argument(const MapReader& map, std::string_view key, const IdSource& source) {
    const auto* argument = std::get_if<NativeArgument>(&source);
    const bool fits = argument != nullptr && !argument->machine_register &&
                      argument->type != NativeType::kStr && argument->type != NativeType::kStringView;
    if (fits || std::holds_alternative<std::monostate>(source)) return;
    const auto text = map.text(key, Need::kOptional);
    map.scope().report(text ? text->line : map.line(),
                       "key " + flowtap::quoted(key) + ": a marker has no such argument",
                       "write argN for a number, or \"argN cstring\", as in \"arg1 cstring\"");
}

void check_combination(const MapReader& map, const Markers& markers) {
    const auto report = [&](const std::string& cause, std::string remedy) {
        map.scope().report(map.line(), cause, std::move(remedy));
    };
    if (map.text("function", Need::kOptional)) report("names a function and markers", "keep one of them");
    for (const std::string_view key : {"exit", "end_key"}) {
        if (!map.text(key, Need::kOptional)) continue;
        report("key " + flowtap::quoted(key) + " is only for functions", "remove it");
    }
    const bool pair = !markers.begin.empty() && !markers.end.empty();
    if (markers.done.empty() ? !pair : !markers.begin.empty() || !markers.end.empty())
        report("its markers do not fit together", "name begin and end, or done alone");
    const bool has_duration = !std::holds_alternative<std::monostate>(markers.duration);
    if (markers.done.empty() == has_duration) {
        report(has_duration ? "key \"duration\" is only for done" : "key \"duration\" is missing",
               has_duration ? "remove it" : "add it: the argument of done with the duration in nanoseconds");
    }
    if (!markers.done.empty() && !std::holds_alternative<std::monostate>(markers.key))
        report("key \"key\" is only for begin and end", "remove it");
}

}  // namespace

bool names_markers(const MapReader& map) {
    if (map.text("done", Need::kOptional)) return true;
    const auto is_named = [&](std::string_view key) {
        const auto text = map.text(key, Need::kOptional);
        return text && is_marker(text->value);
    };
    return is_named("begin") || is_named("end");
}

Markers read_markers(const MapReader& map, const IdSources& ids) {
    Markers markers;
    markers.begin = read_marker(map, "begin");
    markers.end = read_marker(map, "end");
    markers.done = read_marker(map, "done");
    markers.key = read_argument(map, "key");
    markers.duration = read_argument(map, "duration");
    markers.result = read_argument(map, "result");
    check_combination(map, markers);
    check_argument(map, "workflow_id", ids.workflow_id);
    check_argument(map, "workflow_name", ids.workflow_name);
    check_argument(map, "node_id", ids.node_id);
    check_argument(map, "key", markers.key);
    check_argument(map, "duration", markers.duration);
    check_argument(map, "result", markers.result);
    return markers;
}

}  // namespace flowtap
