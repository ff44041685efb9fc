// SPDX-License-Identifier: Apache-2.0
#include "profile/native_point.h"

#include <cstddef>
#include <string>
#include <string_view>

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

// A namespace without a name is spelt with parentheses.
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

std::string read_symbol(const MapReader& map) {
    const auto text = map.text("function", Need::kRequired);
    if (!text) return {};
    const auto fault = fault_of(text->value);
    if (fault.empty()) return text->value;
    map.scope().report(text->line, "key \"function\": " + quoted(text->value) + std::string(fault),
                       "write the symbol up to its parenthesis, as in engine::Node::run");
    return {};
}

}  // namespace

void read_native_point(const MapReader& map, Point& point) {
    point.markers = read_markers(map, point.ids);
    point.symbol = point.markers.any() ? point.markers.begin + point.markers.done : read_symbol(map);
    point.exit = map.choice("exit", kExits, Need::kOptional).value_or(ExitRule::kReturn);
    point.failure = map.choice("failed_when", kFailures, Need::kOptional).value_or(FailureRule::kNever);
}

}  // namespace flowtap
