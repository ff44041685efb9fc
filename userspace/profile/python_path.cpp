// SPDX-License-Identifier: Apache-2.0
#include "profile/python_path.h"

#include <algorithm>
#include <charconv>

#include "yaml/names.h"

namespace flowtap {
namespace {

constexpr std::size_t kMaxKey = 63;
constexpr std::uint32_t kMaxIndex = 9999;

using Fault = PathFault;

Fault no_path() {
    return {" is not a path from a local variable",
            "write local, local.attribute or local['key']; argN TYPE is only for runtime: native"};
}

Fault no_item(std::string_view written) {
    return {" has [" + std::string(written) + "], which is not an item",
            "write ['key'] for an item of a dict, [0] for one of a list or tuple"};
}

bool fits_key(std::string_view key) {
    return !key.empty() && key.size() <= kMaxKey &&
           std::ranges::all_of(key, [](char c) { return c >= ' ' && c <= '~'; });
}

// The text between brackets.
std::variant<PathStep, Fault> parse_item(std::string_view inside) {
    const bool quotes = inside.size() >= 2 && (inside.front() == '\'' || inside.front() == '"') &&
                        inside.back() == inside.front();
    if (quotes) {
        const std::string_view key = inside.substr(1, inside.size() - 2);
        if (key.find(inside.front()) != std::string_view::npos) return no_item(inside);
        if (fits_key(key)) return PathStep{PathStep::Kind::kItem, std::string(key), 0};
        return Fault{" has the key " + std::string(inside),
                     "keys have 1 to " + std::to_string(kMaxKey) + " ASCII characters"};
    }
    PathStep step{PathStep::Kind::kIndex, {}, 0};
    const char* end = inside.data() + inside.size();
    const auto [rest, error] = std::from_chars(inside.data(), end, step.index);
    if (inside.empty() || error != std::errc() || rest != end || step.index > kMaxIndex)
        return no_item(inside);
    return step;
}

// Length of the first step, from its '.' or '['. A key in quotes may contain either.
std::size_t length_of_step(std::string_view rest) {
    if (rest.front() == '[') {
        const bool quotes = rest.size() > 1 && (rest[1] == '\'' || rest[1] == '"');
        const std::size_t from = quotes ? std::min(rest.find(rest[1], 2), rest.size()) : 0;
        const std::size_t close = rest.find(']', from);
        return close == std::string_view::npos ? 0 : close + 1;
    }
    return std::min(rest.find_first_of(".[", 1), rest.size());
}

std::variant<PathStep, Fault> parse_step(std::string_view written) {
    if (written.front() == '[') return parse_item(written.substr(1, written.size() - 2));
    const std::string_view name = written.substr(1);
    if (written.front() != '.' || !is_identifier(name)) return no_path();
    return PathStep{PathStep::Kind::kAttribute, std::string(name), 0};
}

std::string text_of(const PathStep& step) {
    switch (step.kind) {
        case PathStep::Kind::kAttribute:
            return "." + step.name;
        case PathStep::Kind::kItem:
            return step.name.find('\'') == std::string::npos ? "['" + step.name + "']"
                                                             : "[\"" + step.name + "\"]";
        case PathStep::Kind::kIndex:
            return "[" + std::to_string(step.index) + "]";
    }
    return {};
}

}  // namespace

std::variant<PythonPath, PathFault> parse_python_path(std::string_view text) {
    const std::size_t first = std::min(text.find_first_of(".["), text.size());
    PythonPath path{std::string(text.substr(0, first)), {}};
    if (!is_identifier(path.local)) return no_path();
    for (std::string_view rest = text.substr(first); !rest.empty();) {
        const std::size_t length = length_of_step(rest);
        if (length == 0) return Fault{" has a '[' that is not closed", "write ['key'] or [0]"};
        std::variant<PathStep, Fault> step = parse_step(rest.substr(0, length));
        if (const auto* fault = std::get_if<Fault>(&step)) return *fault;
        path.steps.push_back(std::get<PathStep>(std::move(step)));
        rest.remove_prefix(length);
    }
    if (path.steps.size() <= PythonPath::kMaxSteps) return path;
    return Fault{" goes through " + std::to_string(path.steps.size()) + " attributes and items",
                 "at most " + std::to_string(PythonPath::kMaxSteps)};
}

std::string to_text(const PythonPath& path) {
    std::string text = path.local;
    for (const PathStep& step : path.steps) text += text_of(step);
    return text;
}

}  // namespace flowtap
