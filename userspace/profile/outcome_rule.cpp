// SPDX-License-Identifier: Apache-2.0
#include "profile/outcome_rule.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "profile/python_path.h"
#include "yaml/names.h"

namespace flowtap {
namespace {

constexpr std::string_view kResult = "result";
constexpr std::string_view kLocal = "local ";
constexpr const char* kWhenForm =
    "write result or local NAME, then .attribute, ['key'] or [0], then == or !=, then true, false, none, a "
    "number or 'text'";
constexpr const char* kFailedWith = "failed_with";
constexpr const char* kFailedBy = "failed_by";
constexpr const char* kWithForm = "write result or local NAME, then .attribute, ['key'] or [0]";

constexpr Choice<ErrorStatus> kStatuses[] = {{"success", ErrorStatus::kSuccess},
                                             {"failed", ErrorStatus::kFailed},
                                             {"cancelled", ErrorStatus::kCancelled}};

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

std::optional<unsigned> whole_number(std::string_view text) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

// The text between a pair of equal quotes; nullopt if there is no such pair.
std::optional<std::string> quoted_text(std::string_view text) {
    if (text.size() < 2 || (text.front() != '\'' && text.front() != '"') || text.back() != text.front())
        return std::nullopt;
    const std::string_view inner = text.substr(1, text.size() - 2);
    return inner.find(text.front()) == std::string_view::npos ? std::optional(std::string(inner))
                                                              : std::nullopt;
}

// The constant as a label shows it. Outer nullopt: not a constant; inner nullopt: None.
std::optional<std::optional<std::string>> constant(std::string_view text) {
    if (text == "true" || text == "True") return "1";
    if (text == "false" || text == "False") return "0";
    if (text == "none" || text == "None") return std::optional<std::string>();
    if (auto inner = quoted_text(text)) return inner;
    const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
    return whole_number(digits) ? std::optional<std::optional<std::string>>(std::string(text)) : std::nullopt;
}

// "result.state", "local state": the value that decides whether an execution failed.
bool read_source(std::string_view text, OutcomeRule& rule) {
    const bool local = text.starts_with(kLocal);
    if (local) text = trimmed(text.substr(kLocal.size()));
    auto parsed = parse_python_path(text);
    auto* path = std::get_if<PythonPath>(&parsed);
    if (path == nullptr || (!local && path->local != kResult)) return false;
    if (local) rule.local = std::move(path->local);
    rule.steps = std::move(path->steps);
    return true;
}

std::optional<OutcomeRule> parse_rule(std::string_view text) {
    OutcomeRule rule;
    const std::size_t at = std::min(text.find("=="), text.find("!="));
    if (at == std::string_view::npos) return std::nullopt;
    rule.differs = text[at] == '!';
    const auto value = constant(trimmed(text.substr(at + 2)));
    if (!value || !read_source(trimmed(text.substr(0, at)), rule)) return std::nullopt;
    rule.value = *value;
    return rule;
}

// Why the mechanisms of this kind of call cannot observe the outcome; empty: they can.
std::string lack_of(const Point& point, const OutcomeRule& rule) {
    if (point.call == CallShape::kFunction || point.call == CallShape::kVariable)
        return "is for call: coroutine, method and instance, whose results are observed";
    if (point.call == CallShape::kBetween) {
        return rule.local.empty() ? "the execution of call: between ends before the function returns a result"
                                  : "";
    }
    if (rule.local.empty()) return {};
    if (point.call != CallShape::kCoroutine && point.call != CallShape::kGenerator)
        return "a local can be read only at the return of call: coroutine";
    return point.overrides ? "a local cannot be read in overrides" : "";
}

std::optional<OutcomeRule> parse_exception(std::string_view text) {
    OutcomeRule rule;
    rule.by_exception = true;
    return read_source(trimmed(text), rule) ? std::optional(std::move(rule)) : std::nullopt;
}

void read_rule(const MapReader& map, const char* key, Point& point) {
    const auto text = map.text(key, Need::kOptional);
    if (!text) return;
    const auto report = [&](const std::string& cause, const char* remedy) {
        map.scope().report(text->line, "key " + flowtap::quoted(key) + ": " + cause, remedy);
    };
    const bool exception = key == std::string_view(kFailedWith);
    auto rule = exception ? parse_exception(text->value) : parse_rule(text->value);
    if (!rule)
        return report(flowtap::quoted(text->value) + " cannot be read", exception ? kWithForm : kWhenForm);
    if (const std::string lack = lack_of(point, *rule); !lack.empty()) return report(lack, "remove it");
    if (point.outcome) return report("there is a failed_when already", "remove one of the two");
    point.outcome = *std::move(rule);
}

void read_failed_by(const MapReader& map, Point& point) {
    const auto text = map.text(kFailedBy, Need::kOptional);
    if (!text) return;
    const auto report = [&](const std::string& cause, const char* remedy) {
        map.scope().report(text->line, "key " + flowtap::quoted(kFailedBy) + ": " + cause, remedy);
    };
    const auto parts = split(text->value, ':');
    if (parts.size() != 2 || !is_module(parts[0]) || !is_qualname(parts[1])) {
        return report(flowtap::quoted(text->value) + " does not name a Python function",
                      "write module:function or module:Class.method");
    }
    if (point.call == CallShape::kFunction || point.call == CallShape::kVariable)
        return report("is not for call: function and call: variable", "remove it");
    if (point.outcome)
        return report("there is a failed_when or failed_with already", "remove one of the two");
    point.failed_by = PythonFunction{std::string(parts[0]), std::string(parts[1])};
}

void read_statuses(const MapReader& map, Point& point) {
    for (const auto& [type, word] : map.words("statuses", OutcomeRule::kMostStatuses)) {
        const auto* known =
            std::ranges::find(kStatuses, std::string_view(word.value), &Choice<ErrorStatus>::word);
        if (!is_identifier(type.value) || known == std::end(kStatuses)) {
            map.scope().report(
                type.line,
                "key \"statuses\": " + flowtap::quoted(type.value + ": " + word.value) +
                    " does not give an exception class a status",
                "write Class: success, failed or cancelled, where Class is its name without the module");
            continue;
        }
        point.statuses.emplace(type.value, known->value);
    }
}

}  // namespace

void read_outcome(const MapReader& map, Point& point) {
    read_rule(map, "failed_when", point);
    read_rule(map, kFailedWith, point);
    read_failed_by(map, point);
    read_statuses(map, point);
}

}  // namespace flowtap
