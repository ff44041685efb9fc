// SPDX-License-Identifier: Apache-2.0
#include "settings/metrics_options.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace flowtap {

namespace {

constexpr std::size_t kMaxQuantiles = 16;
constexpr std::size_t kMaxSeries = 1'000'000;
constexpr std::uint64_t kMaxExpirySeconds = 10ULL * 365 * 86'400;

Error refused(std::string cause, std::string remedy) {
    return {"", "", std::move(cause), std::move(remedy), Error::Kind::kUsage};
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
    Number number = {};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

// The parts between commas, without surrounding blanks.
std::vector<std::string_view> parts_of(std::string_view text) {
    std::vector<std::string_view> parts;
    while (true) {
        const auto comma = text.find(',');
        std::string_view part = text.substr(0, comma);
        part.remove_prefix(std::min(part.find_first_not_of(' '), part.size()));
        part = part.substr(0, part.find_last_not_of(' ') + 1);
        parts.push_back(part);
        if (comma == std::string_view::npos) return parts;
        text.remove_prefix(comma + 1);
    }
}

// nullopt if a part is not a number.
std::optional<std::vector<double>> parse_numbers(std::string_view text) {
    std::vector<double> numbers;
    for (const std::string_view part : parts_of(text)) {
        const auto number = parse_number<double>(part);
        if (!number) return std::nullopt;
        numbers.push_back(*number);
    }
    return numbers;
}

std::optional<std::uint64_t> seconds_per(std::string_view unit) {
    constexpr std::pair<std::string_view, std::uint64_t> kUnits[] = {
        {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86'400}};
    for (const auto& [name, seconds] : kUnits)
        if (name == unit) return seconds;
    return std::nullopt;
}

std::optional<std::uint64_t> parse_seconds(std::string_view text) {
    if (text == "0") return 0;
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto count = parse_number<std::uint32_t>(text.substr(0, digits));
    const auto unit = seconds_per(text.substr(digits));
    if (!count || !unit || *count * *unit > kMaxExpirySeconds) return std::nullopt;
    return *count * *unit;
}

std::optional<TargetLabel> target_label_of(std::string_view name) {
    for (std::size_t i = 0; i < member_count<TargetLabel>(); ++i) {
        if (label_of(static_cast<TargetLabel>(i)) == name) return static_cast<TargetLabel>(i);
    }
    return std::nullopt;
}

}  // namespace

Result<void> read_buckets(RunOptions& options, const std::string& text) {
    const auto more = parse_numbers(text);
    if (!more) return refused("not a list of numbers", "write seconds, such as 0.01,0.1,1");
    std::vector<double> all = options.buckets;
    all.insert(all.end(), more->begin(), more->end());
    if (Result<BucketBounds> bounds = BucketBounds::make(all); !bounds) return bounds.error();
    options.buckets = std::move(all);
    return {};
}

Result<void> read_latency_quantiles(RunOptions& options, const std::string& text) {
    const auto more = parse_numbers(text);
    const auto in_range = [](double quantile) { return quantile >= 0 && quantile <= 1; };
    if (!more || !std::ranges::all_of(*more, in_range)) {
        return refused("not a list of numbers from 0 to 1", "write, for example, 0.5,0.99");
    }
    std::vector<double> all = options.latency_quantiles;
    all.insert(all.end(), more->begin(), more->end());
    std::ranges::sort(all);
    all.erase(std::unique(all.begin(), all.end()), all.end());
    if (all.size() > kMaxQuantiles) return refused("more than 16 quantiles", "give fewer");
    options.latency_quantiles = std::move(all);
    return {};
}

Result<void> read_target_labels(RunOptions& options, const std::string& text) {
    std::vector<TargetLabel> all = options.target_labels;
    for (const std::string_view part : parts_of(text)) {
        const auto label = target_label_of(part);
        if (!label || std::ranges::find(all, *label) != all.end()) {
            return refused("not a list of different target labels",
                           "choose from pid, exe, container, pod, namespace, node");
        }
        all.push_back(*label);
    }
    options.target_labels = std::move(all);
    return {};
}

Result<void> read_native_histograms(RunOptions& options, const std::string& text) {
    if (text == "off") {
        options.native_histograms.reset();
        return {};
    }
    const auto schema = parse_number<int>(text);
    if (!schema || *schema < ExponentialScale::kMinSchema || *schema > ExponentialScale::kMaxSchema) {
        return refused("no such schema", "write -4 to 8, or off");
    }
    options.native_histograms = *schema;
    return {};
}

Result<void> read_series_expiry(RunOptions& options, const std::string& text) {
    const auto seconds = parse_seconds(text);
    if (!seconds) {
        return refused("not a time of at most ten years", "write 90s, 30m, 1h or 2d; 0 for never");
    }
    options.series_expiry_s = *seconds;
    return {};
}

Result<void> read_series_limit(RunOptions& options, const std::string& text) {
    const auto limit = parse_number<std::size_t>(text);
    if (!limit || *limit == 0 || *limit > kMaxSeries) {
        return refused("not a number from 1 to 1000000", "write, for example, 10000");
    }
    options.series_limit = *limit;
    return {};
}

MetricsConfig metrics_config(const RunOptions& options) {
    MetricsConfig config;
    // The readers have checked the values.
    if (!options.buckets.empty()) config.histograms.bounds = *BucketBounds::make(options.buckets);
    config.histograms.native_schema = options.native_histograms;
    config.latency_quantiles = options.latency_quantiles;
    config.series_expiry_ns = options.series_expiry_s * 1'000'000'000;
    config.limits = {options.series_limit, options.series_limit, options.series_limit, options.series_limit};
    config.target_labels = options.target_labels;
    return config;
}

}  // namespace flowtap
