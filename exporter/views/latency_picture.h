// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "exporter/metrics/buckets.h"
#include "exporter/metrics/histogram.h"

namespace flowtap {

// The distribution of durations, on the same logarithmic axis for all, so that pictures can be compared: from
// 1 µs to 1000 s, four bars per decade. The outermost bars include durations outside that range.
class LatencyPicture {
public:
    static constexpr std::size_t kBars = 36;

    // `bounds` are the histogram's; used if it has no exponential buckets.
    void add(const Histogram& histogram, const BucketBounds& bounds);

    [[nodiscard]] const std::array<std::uint64_t, kBars>& bars() const { return bars_; }
    // Upper edge of the bar, in seconds.
    static double upper_edge(std::size_t bar);

    // A small, self-contained SVG; heights are linear in the share of the largest bar. `label` describes it
    // to users who cannot see it, and must contain no markup.
    [[nodiscard]] std::string svg(const std::string& label) const;
    // The labels of the axis, to be placed above.
    static std::string axis_svg();

private:
    void add(double upper_bound, std::uint64_t count);

    std::array<std::uint64_t, kBars> bars_{};
};

}  // namespace flowtap
