// SPDX-License-Identifier: Apache-2.0
#include "profile/outcome_rule.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace flowtap {
namespace {

constexpr std::string_view kResult = "result";
constexpr std::string_view kLocal = "local ";
constexpr const char* kForm =
    "write result or local NAME, then .attribute, ['key'] or [0], then == or !=, then true, false, none, a "
    "number or 'text'";

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

// The text between quotes of one kind; none where there are no such.
std::optional<std::string> quoted_text(std::string_view text) {
    if (text.size() < 2 || (text.front() != '\'' && text.front() != '"') || text.back() != text.front())
        return std::nullopt;
    const std::string_view inner = text.substr(1, text.size() - 2);
    return inner.find(text.front()) == std::string_view::npos ? std::optional(std::string(inner))
                                                              : std::nullopt;
}

std::optional<OutcomeStep> item_named(std::string_view inside) {
    if (auto key = quoted_text(inside)) return OutcomeStep{OutcomeStep::Kind::kKey, *std::move(key)};
    const auto index = whole_number(inside);
    if (!index || *index > OutcomeStep::kMostItems) return std::nullopt;
    return OutcomeStep{OutcomeStep::Kind::kIndex, {}, *index};
}

// Takes one ".attribute", "['key']" or "[0]" off the front.
std::optional<OutcomeStep> take_step(std::string_view& text) {
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        auto step = item_named(text.substr(1, end - 1));
        text.remove_prefix(end + 1);
        return step;
    }
    if (!text.starts_with('.')) return std::nullopt;
    const std::size_t end = std::min(text.find_first_of(".[", 1), text.size());
    const std::string_view name = text.substr(1, end - 1);
    text.remove_prefix(end);
    if (!is_identifier(name)) return std::nullopt;
    return OutcomeStep{OutcomeStep::Kind::kAttribute, std::string(name)};
}

// What a value reads as in a label; none: no such value.
std::optional<std::optional<std::string>> constant(std::string_view text) {
    if (text == "true" || text == "True") return "1";
    if (text == "false" || text == "False") return "0";
    if (text == "none" || text == "None") return std::optional<std::string>();
    if (auto inner = quoted_text(text)) return inner;
    const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
    return whole_number(digits) ? std::optional<std::optional<std::string>>(std::string(text)) : std::nullopt;
}

bool read_source(std::string_view text, OutcomeRule& rule) {
    if (text.starts_with(kLocal)) {
        text = trimmed(text.substr(kLocal.size()));
        const std::size_t end = std::min(text.find_first_of(".["), text.size());
        rule.local = text.substr(0, end);
        text.remove_prefix(end);
        if (!is_identifier(rule.local)) return false;
    } else if (text.starts_with(kResult)) {
        text.remove_prefix(kResult.size());
    } else {
        return false;
    }
    while (!text.empty()) {
        auto step = take_step(text);
        if (!step || rule.steps.size() == OutcomeRule::kMostSteps) return false;
        rule.steps.push_back(*std::move(step));
    }
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

// Why the mechanisms of this kind of call cannot tell; empty: they can.
std::string lack_of(const Point& point, const OutcomeRule& rule) {
    if (point.call == CallShape::kFunction || point.call == CallShape::kVariable)
        return "is for call: coroutine, method and instance, whose returned values are seen";
    if (rule.local.empty()) return {};
    if (point.call != CallShape::kCoroutine) return "a local is seen at the return of call: coroutine only";
    return point.overrides ? "a local is not looked for in overrides" : "";
}

void read_failed_when(const MapReader& map, Point& point) {
    const auto text = map.text("failed_when", Need::kOptional);
    if (!text) return;
    const auto report = [&](const std::string& cause, const char* remedy) {
        map.scope().report(text->line, "key \"failed_when\": " + cause, remedy);
    };
    auto rule = parse_rule(text->value);
    if (!rule) return report(quoted(text->value) + " cannot be read", kForm);
    if (const std::string lack = lack_of(point, *rule); !lack.empty()) return report(lack, "remove it");
    point.outcome = *std::move(rule);
}

void read_statuses(const MapReader& map, Point& point) {
    for (const auto& [type, word] : map.words("statuses", OutcomeRule::kMostStatuses)) {
        const auto* known =
            std::ranges::find(kStatuses, std::string_view(word.value), &Choice<ErrorStatus>::word);
        if (!is_identifier(type.value) || known == std::end(kStatuses)) {
            map.scope().report(type.line,
                               "key \"statuses\": " + quoted(type.value + ": " + word.value) +
                                   " gives no exception class a status",
                               "write Class: success, failed or cancelled, the class by its own name");
            continue;
        }
        point.statuses.emplace(type.value, known->value);
    }
}

}  // namespace

void read_outcome(const MapReader& map, Point& point) {
    read_failed_when(map, point);
    read_statuses(map, point);
}

}  // namespace flowtap
