// SPDX-License-Identifier: Apache-2.0
#include "profile/expected_hits_reader.h"

#include <charconv>
#include <optional>
#include <string>
#include <vector>

namespace flowtap {
namespace {

constexpr std::string_view kExpectedHits = "expected_hits";
constexpr std::size_t kMostVersions = 16;
constexpr double kMostHits = 1e6;

// Hardware watches have no figure: the number of their hits is the same in every engine.
constexpr std::string_view kCountableProbes[] = {
    "python:abandoned",    "python:builtin-call",   "python:call-entry",     "python:call-exit",
    "python:class-call",   "python:class-new",      "python:completion",     "python:context-destroyed",
    "python:context-set",  "python:created",        "python:destroyed",      "python:drive-entry",
    "python:drive-exit",   "python:frame-kept",     "python:instance-entry", "python:instance-exit",
    "python:raised",       "python:step-entry",     "python:step-exit",      "python:traceback",
    "python:variable-set", "python:variable-reset",
};

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole ? std::optional(number) : std::nullopt;
}

// "3.12": 12.
std::optional<unsigned> minor_of(std::string_view version) {
    constexpr std::string_view kMajor = "3.";
    constexpr std::size_t kMostDigits = 2;
    if (!version.starts_with(kMajor) || version.size() > kMajor.size() + kMostDigits) return std::nullopt;
    return parse_number<unsigned>(version.substr(kMajor.size()));
}

std::optional<double> hits_of(std::string_view text) {
    const std::optional<double> hits = parse_number<double>(text);
    return hits && *hits >= 0 && *hits <= kMostHits ? hits : std::nullopt;
}

void read_figure(const MapReader& figures, std::string_view probe, unsigned minor, const Text& text,
                 ExpectedHits& expected) {
    if (const std::optional<double> hits = hits_of(text.value)) return expected.add(probe, minor, *hits);
    figures.scope().report(
        text.line,
        "key " + flowtap::quoted(probe) + ": " + flowtap::quoted(text.value) + " is not a number of hits",
        "write the hits of one execution, such as 2 or 0.5");
}

void read_versions(const MapReader& figures, std::string_view probe, ExpectedHits& expected) {
    for (const auto& [version, text] : figures.words(probe, kMostVersions)) {
        if (const std::optional<unsigned> minor = minor_of(version.value)) {
            read_figure(figures, probe, *minor, text, expected);
        } else {
            figures.scope().report(version.line,
                                   "key " + flowtap::quoted(probe) + ": " + flowtap::quoted(version.value) +
                                       " is not a version of CPython",
                                   "write, for example, 3.12");
        }
    }
}

}  // namespace

std::span<const std::string_view> countable_probes() { return kCountableProbes; }

ExpectedHits read_expected_hits(const MapReader& profile) {
    ExpectedHits expected;
    const std::optional<MapReader> figures = profile.mapping(kExpectedHits);
    if (!figures) return expected;
    std::vector<Key> keys;
    for (const std::string_view probe : kCountableProbes) keys.push_back({probe});
    figures->check_keys(keys);
    for (const std::string_view probe : kCountableProbes) {
        if (figures->has_mapping(probe)) {
            read_versions(*figures, probe, expected);
        } else if (const std::optional<Text> text = figures->text(probe, Need::kOptional)) {
            read_figure(*figures, probe, 0, *text, expected);
        }
    }
    return expected;
}

}  // namespace flowtap
