// SPDX-License-Identifier: Apache-2.0
#include "exporter/exposition/scrape_format.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>

#include "exporter/exposition/protobuf_exposition.h"
#include "exporter/exposition/text_exposition.h"

namespace flowtap {

namespace {

std::string_view trimmed(std::string_view text) {
    const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

// Removes and returns the text before the separator.
std::string_view take_until(std::string_view& rest, char separator) {
    const auto at = std::min(rest.find(separator), rest.size());
    const std::string_view part = rest.substr(0, at);
    rest.remove_prefix(std::min(at + 1, rest.size()));
    return trimmed(part);
}

bool same(std::string_view left, std::string_view right) {
    return std::ranges::equal(
        left, right, [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

std::string_view unquoted(std::string_view text) {
    const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
    return quoted ? text.substr(1, text.size() - 2) : text;
}

// One element of the header. A weight that is not a number counts as 0.
struct MediaRange {
    std::string_view type;
    std::string_view version = {};
    std::string_view proto = {};
    std::string_view encoding = {};
    double weight = 1;
};

void read_parameter(MediaRange& range, std::string_view name, std::string_view value) {
    if (same(name, "version")) range.version = value;
    if (same(name, "proto")) range.proto = value;
    if (same(name, "encoding")) range.encoding = value;
    if (!same(name, "q")) return;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), range.weight);
    if (error != std::errc() || !(range.weight >= 0 && range.weight <= 1)) range.weight = 0;
}

MediaRange parse_range(std::string_view element) {
    MediaRange range{.type = take_until(element, ';')};
    while (!element.empty()) {
        std::string_view parameter = take_until(element, ';');
        const std::string_view name = take_until(parameter, '=');
        read_parameter(range, name, unquoted(trimmed(parameter)));
    }
    return range;
}

// How specifically the range names the format; 0: it does not.
int closeness(const MediaRange& range, ScrapeFormat format) {
    const auto is = [&range](std::string_view type, std::string_view version) {
        return same(range.type, type) && (range.version.empty() || range.version == version);
    };
    switch (format) {
        case ScrapeFormat::kText:
            if (is("text/plain", "0.0.4")) return 3;
            if (same(range.type, "text/*")) return 2;
            return same(range.type, "*/*") ? 1 : 0;
        case ScrapeFormat::kOpenMetrics:
            return is("application/openmetrics-text", "1.0.0") ? 3 : 0;
        case ScrapeFormat::kProtobuf:
            return is("application/vnd.google.protobuf", "") &&
                           range.proto == "io.prometheus.client.MetricFamily" && range.encoding == "delimited"
                       ? 3
                       : 0;
    }
    return 0;
}

// The richest first: it wins if weights are equal.
constexpr std::array kFormats = {ScrapeFormat::kProtobuf, ScrapeFormat::kOpenMetrics, ScrapeFormat::kText};

}  // namespace

ScrapeFormat negotiate(std::string_view accept) {
    std::array<double, kFormats.size()> weights = {};
    std::array<int, kFormats.size()> closest = {};
    while (!accept.empty()) {
        const MediaRange range = parse_range(take_until(accept, ','));
        for (std::size_t i = 0; i < kFormats.size(); ++i) {
            const int close = closeness(range, kFormats[i]);
            if (close == 0 || close < closest[i]) continue;
            weights[i] = close > closest[i] ? range.weight : std::max(weights[i], range.weight);
            closest[i] = close;
        }
    }
    const auto best = std::ranges::max_element(weights);
    return *best > 0 ? kFormats[static_cast<std::size_t>(best - weights.begin())] : ScrapeFormat::kText;
}

std::string_view content_type_of(ScrapeFormat format) {
    switch (format) {
        case ScrapeFormat::kText:
            return "text/plain; version=0.0.4; charset=utf-8";
        case ScrapeFormat::kOpenMetrics:
            return "application/openmetrics-text; version=1.0.0; charset=utf-8";
        case ScrapeFormat::kProtobuf:
            return "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
                   "encoding=delimited";
    }
    return {};
}

std::unique_ptr<Exposition> make_exposition(ScrapeFormat format) {
    switch (format) {
        case ScrapeFormat::kText:
            return std::make_unique<TextExposition>(TextExposition::Dialect::kPrometheus);
        case ScrapeFormat::kOpenMetrics:
            return std::make_unique<TextExposition>(TextExposition::Dialect::kOpenMetrics);
        case ScrapeFormat::kProtobuf:
            return std::make_unique<ProtobufExposition>();
    }
    return nullptr;
}

}  // namespace flowtap
