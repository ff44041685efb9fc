// SPDX-License-Identifier: Apache-2.0
#include "exporter/metrics/buckets.h"

#include <gtest/gtest.h>

#include <limits>

namespace flowtap::buckets_test {
namespace {

TEST(BucketBounds, ABoundBelongsToItsOwnBucket) {
    const auto bounds = BucketBounds::make({0.001, 1});
    ASSERT_TRUE(bounds);
    EXPECT_EQ(bounds->bucket_of(0), 0U);
    EXPECT_EQ(bounds->bucket_of(1'000'000), 0U);
    EXPECT_EQ(bounds->bucket_of(1'000'001), 1U);
    EXPECT_EQ(bounds->bucket_of(1'000'000'000), 1U);
    EXPECT_EQ(bounds->bucket_of(std::numeric_limits<std::uint64_t>::max()), bounds->size());
}

TEST(BucketBounds, DefaultsGoFromAMillisecondToTenMinutes) {
    const auto bounds = BucketBounds::defaults();
    EXPECT_EQ(bounds.seconds(0), 0.001);
    EXPECT_EQ(bounds.seconds(bounds.size() - 1), 600);
}

TEST(BucketBounds, SaysWhichBoundItRefuses) {
    EXPECT_EQ(BucketBounds::make({}).error().message(),
              "read histogram buckets: there are none (list upper bounds in seconds, ascending)");
    EXPECT_EQ(BucketBounds::make({1, 1e-12}).error().cause, "1e-12 is not between 1e-9 and 1e9");
    EXPECT_EQ(BucketBounds::make({1, 0.25}).error().cause, "0.25 is not greater than the bound before it");
}

TEST(BucketBounds, RefusesWhatIsNoListOfBounds) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    const std::vector<double> bad[] = {
        {}, {0}, {-1}, {nan}, {infinity}, {2, 1}, {1, 1}, {1, 1 + 1e-12}, {1e10}, {1, -0.5}, {1, 2, 3, 2.5}};
    for (const auto& seconds : bad) {
        const auto bounds = BucketBounds::make(seconds);
        ASSERT_FALSE(bounds);
        EXPECT_EQ(bounds.error().kind, Error::Kind::kUsage);
    }
    std::vector<double> many;
    for (std::size_t bound = 1; bound <= BucketBounds::kMaxBounds + 1; ++bound) {
        many.push_back(static_cast<double>(bound));
    }
    EXPECT_FALSE(BucketBounds::make(many));
    many.pop_back();
    EXPECT_TRUE(BucketBounds::make(many));
}

}  // namespace
}  // namespace flowtap::buckets_test
