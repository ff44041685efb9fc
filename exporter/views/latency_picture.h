// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "exporter/metrics/buckets.h"
#include "exporter/metrics/histogram.h"

namespace flowtap {

// How durations are spread, on one logarithmic axis for all, so that pictures can be compared: from 1 µs to
// 1000 s, four bars to the decade; what lies outside is in the bar at the edge.
class LatencyPicture {
public:
    static constexpr std::size_t kBars = 36;

    // `bounds` are those of the histogram, for where it has no exponential buckets.
    void add(const Histogram& histogram, const BucketBounds& bounds);

    [[nodiscard]] const std::array<std::uint64_t, kBars>& bars() const { return bars_; }
    // Seconds, of the bar's upper edge.
    static double upper_edge(std::size_t bar);

    // A small SVG, all by itself; its height is linear in the share of the largest bar. `label` says to those
    // who do not see it what it shows, and must be free of markup.
    [[nodiscard]] std::string svg(const std::string& label) const;
    // The labels of the axis, to stand above.
    static std::string axis_svg();

private:
    void add(double upper_bound, std::uint64_t count);

    std::array<std::uint64_t, kBars> bars_{};
};

}  // namespace flowtap
