// SPDX-License-Identifier: Apache-2.0
#include "profile/id_source.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace flowtap {
namespace {

constexpr Choice<NativeType> kTypes[] = {
    {"cstring", NativeType::kCString}, {"int32", NativeType::kInt32},   {"uint32", NativeType::kUint32},
    {"int64", NativeType::kInt64},     {"uint64", NativeType::kUint64},
};
constexpr std::string_view kTypeWords = "cstring, int32, uint32, int64, uint64";

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

std::vector<std::string_view> words_of(std::string_view text) {
    auto words = split(text, ' ');
    std::erase(words, std::string_view{});
    return words;
}

// "arg0": the digits behind "arg", however large; nothing for any other word.
std::optional<std::string_view> argument_digits(std::string_view word) {
    constexpr std::string_view kPrefix = "arg";
    if (!word.starts_with(kPrefix)) return std::nullopt;
    word.remove_prefix(kPrefix.size());
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (word.empty() || !std::all_of(word.begin(), word.end(), is_digit)) return std::nullopt;
    return word;
}

bool parse_index(std::string_view digits, int& index) {
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), index);
    return parsed.ec == std::errc{} && index <= NativeArgument::kMaxIndex;
}

IdSource read_argument(std::string_view key, const Text& text, const Scope& scope) {
    const auto words = words_of(text.value);
    const auto digits = words.size() == 2 ? argument_digits(words[0]) : std::nullopt;
    if (!digits) {
        scope.report(text.line, opening(key, text) + " is not an argument",
                     "write argN TYPE, as in \"arg0 cstring\"");
        return {};
    }
    NativeArgument argument;
    if (!parse_index(*digits, argument.index)) {
        scope.report(text.line, opening(key, text) + ": argument index out of range",
                     "registers hold arg0 to arg" + std::to_string(NativeArgument::kMaxIndex));
        return {};
    }
    const auto* type =
        std::find_if(std::begin(kTypes), std::end(kTypes), [&](const auto& t) { return t.word == words[1]; });
    if (type == std::end(kTypes)) {
        scope.report(text.line, opening(key, text) + ": unknown type " + quoted(words[1]),
                     "known: " + std::string(kTypeWords));
        return {};
    }
    argument.type = type->value;
    return argument;
}

IdSource read_id_source(const MapReader& map, std::string_view key, Runtime runtime) {
    const auto text = map.text(key, Need::kOptional);
    if (!text) return {};
    return runtime == Runtime::kCPython ? read_path(key, *text, map.scope())
                                        : read_argument(key, *text, map.scope());
}

}  // namespace

IdSources read_id_sources(const MapReader& map, Runtime runtime) {
    return {.workflow_id = read_id_source(map, "workflow_id", runtime),
            .workflow_name = read_id_source(map, "workflow_name", runtime),
            .node_id = read_id_source(map, "node_id", runtime)};
}

}  // namespace flowtap
