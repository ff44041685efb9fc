// SPDX-License-Identifier: Apache-2.0
#include "daemon/recent_peak.h"

#include <gtest/gtest.h>

namespace flowtap::recent_peak_test {
namespace {

constexpr std::uint64_t kStart = 1000 * RecentPeak::kPeriod;

TEST(RecentPeak, IsTheLargestOfThePeriodAndTheOneBefore) {
    RecentPeak peak;
    peak.add(5, kStart);
    peak.add(3, kStart + 1);
    EXPECT_EQ(peak.value(kStart + 2), 5U);
    peak.add(4, kStart + RecentPeak::kPeriod);
    EXPECT_EQ(peak.value(kStart + RecentPeak::kPeriod + 1), 5U);
    EXPECT_EQ(peak.value(kStart + 2 * RecentPeak::kPeriod), 4U);
    EXPECT_EQ(peak.value(kStart + 3 * RecentPeak::kPeriod), 0U);
}

TEST(RecentPeak, IsForgottenAtOnceAfterALongTime) {
    RecentPeak peak;
    peak.add(5, kStart);
    EXPECT_EQ(peak.value(kStart + 2 * RecentPeak::kPeriod), 0U);
}

}  // namespace
}  // namespace flowtap::recent_peak_test
