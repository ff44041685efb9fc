// SPDX-License-Identifier: Apache-2.0
#include "exporter/metrics/exponential_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace flowtap::exponential_histogram_test {
namespace {

TEST(ExponentialScale, EachValueLiesAboveTheBoundBelowItAndAtMostAtItsOwn) {
    std::mt19937_64 random(1);
    std::uniform_real_distribution<double> exponent(-30, 34);
    for (int schema = ExponentialScale::kMinSchema; schema <= ExponentialScale::kMaxSchema; ++schema) {
        for (int i = 0; i < 2000; ++i) {
            const double value = std::exp2(exponent(random));
            const std::int32_t index = ExponentialScale::index_of(schema, value);
            ASSERT_LE(value, ExponentialScale::upper_bound(schema, index) * (1 + 1e-14)) << schema;
            ASSERT_GT(value, ExponentialScale::upper_bound(schema, index - 1) * (1 - 1e-14)) << schema;
        }
    }
}

TEST(ExponentialScale, APowerOfTheBaseBelongsToItsOwnBucket) {
    EXPECT_EQ(ExponentialScale::index_of(0, 1), 0);
    EXPECT_EQ(ExponentialScale::index_of(0, 1.0000001), 1);
    EXPECT_EQ(ExponentialScale::index_of(3, 2), 8);
    EXPECT_EQ(ExponentialScale::index_of(8, 0.5), -256);
    EXPECT_EQ(ExponentialScale::index_of(-1, 4), 1);
    EXPECT_EQ(ExponentialScale::index_of(-1, 4.1), 2);
    EXPECT_EQ(ExponentialScale::index_of(-4, 65536), 1);
    EXPECT_EQ(ExponentialScale::index_of(-4, 0.001), 0);
}

TEST(ExponentialHistogram, CountsEachValueOnceAndZerosApart) {
    ExponentialHistogram histogram(3);
    for (const double value : {0.0, 1.0, 1.0, 2.0, 0.5}) histogram.observe(value);
    EXPECT_EQ(histogram.zeros(), 1U);
    EXPECT_EQ(histogram.total(), 5U);
    EXPECT_EQ(histogram.first(), -8);
    ASSERT_EQ(histogram.counts().size(), 17U);
    EXPECT_EQ(histogram.counts()[8], 2U);
    EXPECT_EQ(histogram.counts()[16], 1U);
}

TEST(ExponentialHistogram, LowersItsResolutionRatherThanGrowWithoutEnd) {
    ExponentialHistogram histogram(8);
    for (double value = 1e-9; value < 1e9; value *= 1.7) histogram.observe(value);
    const std::uint64_t total = histogram.total();
    EXPECT_LE(histogram.counts().size(), ExponentialHistogram::kMaxBuckets);
    EXPECT_LT(histogram.schema(), 8);
    histogram.observe(3);
    EXPECT_EQ(histogram.total(), total + 1);
    const auto index = ExponentialScale::index_of(histogram.schema(), 3);
    EXPECT_GE(histogram.counts()[static_cast<std::size_t>(index - histogram.first())], 1U);
}

TEST(ExponentialHistogram, LoweringTheResolutionPutsEachCountWhereItWouldBeAnyway) {
    std::mt19937_64 random(2);
    std::lognormal_distribution<double> durations(-3, 4);
    ExponentialHistogram shrunk(8);
    std::vector<double> values;
    for (int i = 0; i < 3000; ++i) {
        values.push_back(durations(random));
        shrunk.observe(values.back());
    }
    ASSERT_LT(shrunk.schema(), 8);
    ExponentialHistogram direct(shrunk.schema());
    for (const double value : values) direct.observe(value);
    EXPECT_EQ(shrunk.first(), direct.first());
    EXPECT_TRUE(std::ranges::equal(shrunk.counts(), direct.counts()));
}

TEST(ExponentialHistogram, AMergeHoldsWhatBothHeld) {
    ExponentialHistogram fine(5);
    ExponentialHistogram coarse(2);
    for (const double value : {0.0, 0.001, 0.3, 7.0}) fine.observe(value);
    for (const double value : {0.0, 0.3, 100.0}) coarse.observe(value);
    ExponentialHistogram expected(2);
    for (const double value : {0.0, 0.001, 0.3, 7.0, 0.0, 0.3, 100.0}) expected.observe(value);
    for (const bool into_fine : {true, false}) {
        ExponentialHistogram merged = into_fine ? fine : coarse;
        merged.merge(into_fine ? coarse : fine);
        EXPECT_EQ(merged.schema(), 2);
        EXPECT_EQ(merged.zeros(), 2U);
        EXPECT_EQ(merged.first(), expected.first());
        EXPECT_TRUE(std::ranges::equal(merged.counts(), expected.counts()));
    }
}

TEST(ExponentialHistogram, QuantilesAreWithinTheStatedErrorOfTheTrueOnes) {
    std::mt19937_64 random(3);
    std::lognormal_distribution<double> durations(-4, 2);
    ExponentialHistogram histogram(5, 2080);
    std::vector<double> values;
    for (int i = 0; i < 20'000; ++i) {
        values.push_back(durations(random));
        histogram.observe(values.back());
    }
    ASSERT_EQ(histogram.schema(), 5);
    std::ranges::sort(values);
    const double most = std::exp2(1.0 / 64) - 1 + 1e-9;  // base^(1/2) - 1 = 1.09 %
    for (const double quantile : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
        const auto rank = static_cast<std::size_t>(std::ceil(quantile * 20'000)) - 1;
        EXPECT_NEAR(histogram.quantile(quantile) / values[rank], 1, most) << quantile;
    }
}

TEST(ExponentialHistogram, QuantileOfNothingIsNotANumberAndOfZerosZero) {
    ExponentialHistogram histogram(5);
    EXPECT_TRUE(std::isnan(histogram.quantile(0.5)));
    histogram.observe(0);
    EXPECT_EQ(histogram.quantile(0.5), 0);
    histogram.observe(1);
    EXPECT_NEAR(histogram.quantile(1), 1, 0.02);
}

}  // namespace
}  // namespace flowtap::exponential_histogram_test
