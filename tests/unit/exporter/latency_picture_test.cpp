// SPDX-License-Identifier: Apache-2.0
#include "exporter/views/latency_picture.h"

#include <gtest/gtest.h>

#include <numeric>

namespace flowtap::latency_picture_test {
namespace {

Histogram of(const std::vector<std::uint64_t>& durations_ns, const HistogramShape& shape) {
    Histogram histogram;
    for (const std::uint64_t duration_ns : durations_ns)
        histogram.observe(shape, {.duration_ns = duration_ns});
    return histogram;
}

std::size_t only_bar(const LatencyPicture& picture) {
    std::size_t found = LatencyPicture::kBars;
    for (std::size_t bar = 0; bar < LatencyPicture::kBars; ++bar) {
        if (picture.bars()[bar] == 0) continue;
        EXPECT_EQ(found, LatencyPicture::kBars) << "more than one";
        found = bar;
    }
    return found;
}

TEST(LatencyPicture, PutsADurationIntoTheBarThatHoldsIt) {
    const HistogramShape shape;
    for (const double seconds : {2e-6, 5e-5, 0.004, 0.2, 3.0, 700.0}) {
        LatencyPicture picture;
        picture.add(of({static_cast<std::uint64_t>(seconds * 1e9)}, shape), shape.bounds);
        const std::size_t bar = only_bar(picture);
        EXPECT_LT(seconds, LatencyPicture::upper_edge(bar) * 1.0001);
        EXPECT_GT(seconds, LatencyPicture::upper_edge(bar) / 2.0) << "a bar is a quarter of a decade";
    }
}

TEST(LatencyPicture, WhatLiesOutsideIsAtTheEdges) {
    const HistogramShape shape;
    LatencyPicture picture;
    picture.add(of({0, 1, 10'000'000'000'000}, shape), shape.bounds);
    EXPECT_EQ(picture.bars().front(), 2U);
    EXPECT_EQ(picture.bars().back(), 1U);
}

TEST(LatencyPicture, ClassicBucketsStandAtTheirBounds) {
    const HistogramShape shape{.native_schema = std::nullopt};
    LatencyPicture picture;
    picture.add(of({4'000'000, 4'500'000, 5'000'000}, shape), shape.bounds);
    const std::size_t bar = only_bar(picture);
    EXPECT_GE(LatencyPicture::upper_edge(bar), 0.005);
    EXPECT_LT(LatencyPicture::upper_edge(bar - 1), 0.005);
}

TEST(LatencyPicture, LosesNoneOfSeveralHistograms) {
    const HistogramShape shape;
    LatencyPicture picture;
    picture.add(of({1'000, 50'000, 7'000'000}, shape), shape.bounds);
    picture.add(of({7'000'000, 90'000'000'000}, shape), shape.bounds);
    const auto& bars = picture.bars();
    EXPECT_EQ(std::accumulate(bars.begin(), bars.end(), std::uint64_t{0}), 5U);
}

TEST(LatencyPicture, DrawsOneRectangleForEachBarAndNoneForNothing) {
    const HistogramShape shape;
    LatencyPicture picture;
    EXPECT_EQ(picture.svg("none").find("<rect"), std::string::npos);
    std::vector<std::uint64_t> durations(1000, 1'000'000);
    durations.push_back(2'000'000'000);
    picture.add(of(durations, shape), shape.bounds);
    const std::string svg = picture.svg("half up to 1 ms");
    EXPECT_NE(svg.find("aria-label=\"half up to 1 ms\""), std::string::npos);
    EXPECT_NE(svg.find("height=\"22\"><title>1,000 up to"), std::string::npos) << svg;
    EXPECT_NE(svg.find("height=\"2\"><title>1 up to"), std::string::npos)
        << "one in a thousand is seen: " << svg;
}

}  // namespace
}  // namespace flowtap::latency_picture_test
