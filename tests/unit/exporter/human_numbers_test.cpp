// SPDX-License-Identifier: Apache-2.0
#include "exporter/views/human_numbers.h"

#include <gtest/gtest.h>

#include <limits>

namespace flowtap::human_numbers_test {
namespace {

TEST(HumanNumbers, DurationsHaveTheUnitThatFits) {
    EXPECT_EQ(duration_text(std::nullopt), "–");
    EXPECT_EQ(duration_text(std::numeric_limits<double>::quiet_NaN()), "–");
    EXPECT_EQ(duration_text(0), "0.0 ns");
    EXPECT_EQ(duration_text(12.4e-6), "12 µs");
    EXPECT_EQ(duration_text(3.42e-3), "3.4 ms");
    EXPECT_EQ(duration_text(999.4e-3), "999 ms");
    EXPECT_EQ(duration_text(999.6e-3), "1.0 s");
    EXPECT_EQ(duration_text(59), "59 s");
    EXPECT_EQ(duration_text(123), "2m 3s");
    EXPECT_EQ(duration_text(5 * 3600 + 6 * 60 + 7), "5h 6m");
    EXPECT_EQ(duration_text(36 * 3600), "36h 0m");
    EXPECT_EQ(duration_text(864000), "10 d");
}

TEST(HumanNumbers, SmallRatesAreCountedByTheMinute) {
    EXPECT_EQ(rate_text(0), "0");
    EXPECT_EQ(rate_text(0.05), "3.0/min");
    EXPECT_EQ(rate_text(0.5), "0.5/s");
    EXPECT_EQ(rate_text(1234.5), "1,234/s");
    EXPECT_EQ(rate_text(250'000), "250k/s");
}

TEST(HumanNumbers, AShareThatIsNotZeroDoesNotLookLikeZero) {
    EXPECT_EQ(share_text(0), "0");
    EXPECT_EQ(share_text(0.0001), "<0.1 %");
    EXPECT_EQ(share_text(0.0123), "1.2 %");
    EXPECT_EQ(share_text(1), "100 %");
}

TEST(HumanNumbers, CountsAreGroupedByThousands) {
    EXPECT_EQ(count_text(0), "0");
    EXPECT_EQ(count_text(999), "999");
    EXPECT_EQ(count_text(1'000), "1,000");
    EXPECT_EQ(count_text(1'234'567), "1,234,567");
    EXPECT_EQ(counted_text(1, "process"), "1 process");
    EXPECT_EQ(counted_text(1'234, "process"), "1,234 processes");
    EXPECT_EQ(counted_text(0, "hardware watch"), "0 hardware watches");
}

}  // namespace
}  // namespace flowtap::human_numbers_test
