// SPDX-License-Identifier: Apache-2.0
#include "profile/profile_loader.h"

#include <algorithm>
#include <map>
#include <utility>

#include "profile/expected_hits_reader.h"
#include "profile/point_reader.h"
#include "yaml/map_reader.h"
#include "yaml/problems.h"
#include "yaml/text_file.h"
#include "yaml/yaml_document.h"

namespace flowtap {
namespace {

constexpr Choice<Runtime> kRuntimes[] = {{"cpython", Runtime::kCPython}, {"native", Runtime::kNative}};

struct TextList {
    std::string_view key;
    Need need;
    std::size_t limit;
};

std::vector<std::string> read_texts(const MapReader& map, const TextList& list,
                                    bool (*accepts)(std::string_view), const std::string& remedy) {
    const auto& [key, need, limit] = list;
    std::vector<std::string> names;
    for (auto& item : map.texts(key, need, limit)) {
        if (!accepts(item.value)) {
            map.scope().report(
                item.line,
                "key " + flowtap::quoted(key) + ": " + flowtap::quoted(item.value) + " is not valid", remedy);
        }
        names.push_back(std::move(item.value));
    }
    return names;
}

// A shape without an 'x' would match an ordinary name.
bool is_name_shape(std::string_view text) { return text.find('x') != std::string_view::npos; }

bool is_base_name(std::string_view text) {
    const auto refused = [](char c) { return c == '/' || static_cast<unsigned char>(c) < 0x20; };
    return text.size() <= 255 && std::none_of(text.begin(), text.end(), refused);
}

// Identifies a point's function, in the notation of its runtime. Two points must not name the same one.
std::string function_of(const Point& point) {
    if (!point.symbol.empty()) return point.symbol;
    if (point.function.module.empty()) return {};
    return point.function.module + ":" + point.function.qualname;
}

void check_unique(const std::vector<Point>& points, Problems& problems) {
    std::map<std::string, const Point*> names;
    std::map<std::string, const Point*> functions;
    for (const auto& point : points) {
        const Scope scope{problems, "point " + flowtap::quoted(point.name) + ": "};
        const auto report = [&](const Point& first, const std::string& cause, std::string remedy) {
            scope.report(point.line, cause + " on line " + std::to_string(first.line), std::move(remedy));
        };
        const auto [named, new_name] = names.emplace(point.name, &point);
        if (!new_name && !point.name.empty()) {
            report(*named->second, "has the name of the point", "give each point its own name");
        }
        const auto [taken, new_function] = functions.emplace(function_of(point), &point);
        if (!new_function && !taken->first.empty()) {
            report(*taken->second, "observes " + flowtap::quoted(taken->first) + " like the point",
                   "remove one");
        }
    }
}

std::vector<Point> read_points(const MapReader& map, Runtime runtime) {
    std::vector<Point> points;
    for (const auto& node : map.list("points", Need::kRequired, ProfileLimits::kPoints)) {
        points.push_back(read_point(node, points.size() + 1, runtime, map.scope().problems));
    }
    check_unique(points, map.scope().problems);
    return points;
}

std::string read_profile_name(const MapReader& map) {
    const auto text = map.text("profile", Need::kRequired);
    if (!text) return {};
    if (!is_label(text->value)) {
        map.scope().report(text->line, "key \"profile\": " + flowtap::quoted(text->value) + " is not a name",
                           "use up to 64 letters, digits, '_', '-' and '.'");
    }
    return text->value;
}

void read_profile(const MapReader& map, Profile& profile) {
    profile.name = read_profile_name(map);
    const auto runtime = map.choice("runtime", kRuntimes, Need::kRequired);
    // Without the runtime, the allowed keys are unknown: report that error alone.
    if (!runtime) return;
    profile.runtime = *runtime;
    const bool python = *runtime == Runtime::kCPython;
    map.check_keys({{"profile"},
                    {"runtime"},
                    {"modules", python ? "" : "runtime: cpython"},
                    {"binaries", python ? "runtime: native" : ""},
                    {"made_up_names"},
                    {"expected_hits", python ? "" : "runtime: cpython"},
                    {"points"}});
    if (python) {
        profile.modules = read_texts(map, {"modules", Need::kRequired, ProfileLimits::kTargets}, is_module,
                                     "write a module as package.module");
        profile.expected_hits = read_expected_hits(map);
    } else {
        profile.binaries = read_texts(map, {"binaries", Need::kRequired, ProfileLimits::kTargets},
                                      is_base_name, "write a file's name without its path");
    }
    profile.made_up_names = read_texts(map, {"made_up_names", Need::kOptional, ProfileLimits::kMadeUpNames},
                                       is_name_shape, "write one x for each hexadecimal digit");
    profile.points = read_points(map, *runtime);
}

}  // namespace

LoadedProfile parse_profile(std::string_view text, const std::string& source) {
    Problems problems(source);
    Profile profile;
    profile.source = source;
    if (const auto fault = text_fault(text)) {
        problems.add(fault->line, fault->cause, fault->remedy);
        return std::move(problems).take();
    }
    if (const auto document = read_document(std::string(text), problems)) {
        const MapReader map(*document, {problems, ""});
        if (document->IsMap()) read_profile(map, profile);
    }
    if (!problems.empty()) return std::move(problems).take();
    return profile;
}

LoadedProfile load_profile(const std::string& path) {
    auto text = read_text_file(path);
    if (!text) return ProfileErrors{{std::move(text).error()}};
    return parse_profile(*text, path);
}

}  // namespace flowtap
