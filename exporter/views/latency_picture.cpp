// SPDX-License-Identifier: Apache-2.0
#include "exporter/views/latency_picture.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "exporter/views/human_numbers.h"

namespace flowtap {

namespace {

constexpr double kFirstEdge = 1e-6;  // seconds, the lower edge of the first bar
constexpr double kBarsPerDecade = 4;
constexpr int kBarWidth = 4;  // including a gap of one
constexpr int kHeight = 22;

// Slightly below the bound, because the bound itself still belongs to the bucket.
std::size_t bar_of(double upper_bound) {
    const double position = std::log10(upper_bound / kFirstEdge) * kBarsPerDecade - 1e-6;
    if (!(position > 0)) return 0;
    return std::min(static_cast<std::size_t>(position), LatencyPicture::kBars - 1);
}

// A bar that is not empty is visible, however small its share.
int height_of(std::uint64_t count, std::uint64_t largest) {
    if (count == 0) return 0;
    const double share = static_cast<double>(count) / static_cast<double>(largest);
    return std::max(2, static_cast<int>(std::lround(share * kHeight)));
}

std::string rectangle(std::size_t bar, int height, std::uint64_t count) {
    const std::string x = std::to_string(static_cast<int>(bar) * kBarWidth);
    return "<rect x=\"" + x + "\" y=\"" + std::to_string(kHeight - height) + "\" width=\"" +
           std::to_string(kBarWidth - 1) + "\" height=\"" + std::to_string(height) + "\"><title>" +
           count_text(count) + " up to " + duration_text(LatencyPicture::upper_edge(bar)) + "</title></rect>";
}

// With marks at 1 ms and 1 s.
std::string base_line() {
    const std::string y = std::to_string(kHeight);
    std::string path = "M0 " + y + ".5h" + std::to_string(LatencyPicture::kBars * kBarWidth);
    for (const int decades : {3, 6}) {
        const int x = decades * static_cast<int>(kBarsPerDecade) * kBarWidth;
        path += "M" + std::to_string(x) + ".5 " + y + "v3";
    }
    return "<path d=\"" + path + "\"/>";
}

}  // namespace

double LatencyPicture::upper_edge(std::size_t bar) {
    return kFirstEdge * std::pow(10.0, static_cast<double>(bar + 1) / kBarsPerDecade);
}

void LatencyPicture::add(const Histogram& histogram, const BucketBounds& bounds) {
    if (const auto& native = histogram.native()) {
        bars_[0] += native->zeros();
        std::int32_t index = native->first();
        for (const std::uint64_t count : native->counts()) {
            add(ExponentialScale::upper_bound(native->schema(), index++), count);
        }
        return;
    }
    for (std::size_t bucket = 0; bucket < bounds.size(); ++bucket) {
        add(bounds.seconds(bucket), histogram.in_bucket(bucket));
    }
    add(std::numeric_limits<double>::infinity(), histogram.in_bucket(bounds.size()));
}

void LatencyPicture::add(double upper_bound, std::uint64_t count) {
    if (count != 0) bars_[bar_of(upper_bound)] += count;
}

std::string LatencyPicture::svg(const std::string& label) const {
    const std::uint64_t largest = *std::ranges::max_element(bars_);
    const std::string width = std::to_string(kBars * kBarWidth);
    const std::string height = std::to_string(kHeight + 3);
    std::string text = "<svg role=\"img\" aria-label=\"" + label + "\" width=\"" + width + "\" height=\"" +
                       height + "\" viewBox=\"0 0 " + width + " " + height + "\">";
    text += base_line();
    for (std::size_t bar = 0; bar < kBars; ++bar) {
        if (bars_[bar] != 0) text += rectangle(bar, height_of(bars_[bar], largest), bars_[bar]);
    }
    return text + "</svg>";
}

std::string LatencyPicture::axis_svg() {
    const int decade = static_cast<int>(kBarsPerDecade) * kBarWidth;
    std::string text = "<svg role=\"img\" aria-label=\"Durations\" width=\"" +
                       std::to_string(kBars * kBarWidth) + "\" height=\"12\">";
    constexpr std::pair<int, const char*> kLabels[] = {{0, "1 µs"}, {3, "1 ms"}, {6, "1 s"}};
    for (const auto& [decades, label] : kLabels) {
        text += "<text x=\"" + std::to_string(decades * decade) + "\" y=\"10\">" + label + "</text>";
    }
    return text + "</svg>";
}

}  // namespace flowtap
