// SPDX-License-Identifier: Apache-2.0
#include "profile/native_point.h"

#include <cstddef>
#include <string>
#include <string_view>

#include "profile/keyed_point.h"
#include "profile/marker_point.h"

namespace flowtap {
namespace {

constexpr std::size_t kMaxSymbol = 4096;  // demangled templates are long

constexpr Choice<ExitRule> kExits[] = {{"return", ExitRule::kReturn}, {"uretprobe", ExitRule::kUretprobe}};
constexpr Choice<FailureRule> kFailures[] = {
    {"never", FailureRule::kNever},
    {"nonzero", FailureRule::kNonZero},
    {"zero", FailureRule::kZero},
    {"negative", FailureRule::kNegative},
};

// An anonymous namespace is spelt with parentheses, too.
bool has_parameters(std::string_view symbol) {
    constexpr std::string_view kAnonymous = "(anonymous namespace)";
    std::size_t at = symbol.find('(');
    while (at != std::string_view::npos && symbol.substr(at).starts_with(kAnonymous))
        at = symbol.find('(', at + kAnonymous.size());
    return at != std::string_view::npos;
}

std::string_view fault_of(std::string_view symbol) {
    if (symbol.size() > kMaxSymbol) return " is too long";
    if (has_parameters(symbol)) return " has parameters";
    for (const char c : symbol) {
        if (static_cast<unsigned char>(c) < 0x20) return " is not a symbol";
    }
    return {};
}

std::string read_symbol(const MapReader& map, std::string_view key) {
    const auto text = map.text(key, Need::kRequired);
    if (!text) return {};
    const auto fault = fault_of(text->value);
    if (fault.empty()) return text->value;
    map.scope().report(
        text->line, "key " + flowtap::quoted(key) + ": " + flowtap::quoted(text->value) + std::string(fault),
        "write the symbol up to its parenthesis, as in engine::Node::run");
    return {};
}

void read_functions(const MapReader& map, Point& point) {
    const bool is_pair = names_two_functions(map);
    point.symbol = read_symbol(map, is_pair ? "begin" : "function");
    point.keyed = read_keyed_function(map);
    if (is_pair) point.keyed.end = read_symbol(map, "end");
    for (const std::string* symbol : {&point.symbol, &point.keyed.end}) {
        if (!is_pair || symbol->find('*') == std::string::npos) continue;
        map.scope().report(map.line(), flowtap::quoted(*symbol) + ": begin and end each name one function",
                           "write a point for each pair of functions");
    }
}

}  // namespace

void read_native_point(const MapReader& map, Point& point) {
    if (names_markers(map)) {
        point.markers = read_markers(map, point.ids);
        point.symbol = point.markers.begin + point.markers.done;
    } else {
        read_functions(map, point);
    }
    point.exit = map.choice("exit", kExits, Need::kOptional).value_or(ExitRule::kReturn);
    point.failure = map.choice("failed_when", kFailures, Need::kOptional).value_or(FailureRule::kNever);
}

}  // namespace flowtap
