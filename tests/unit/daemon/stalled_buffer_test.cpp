// SPDX-License-Identifier: Apache-2.0
#include "daemon/stalled_buffer.h"

#include <gtest/gtest.h>

namespace flowtap::stalled_buffer_test {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

TEST(StalledBuffer, HasTheSameFirstRecordForLong) {
    StalledBuffer buffer;
    buffer.update(0, 64, 100 * kSecond);
    buffer.update(0, 128, 104 * kSecond);
    EXPECT_TRUE(buffer.check(104 * kSecond));
    buffer.update(0, 128, 106 * kSecond);
    const Result<void> stalled = buffer.check(106 * kSecond);
    ASSERT_FALSE(stalled);
    EXPECT_EQ(stalled.error().message(),
              "read BPF ring buffer events: its first record has not been completed for 5 seconds, so later "
              "events do not arrive (restart flowtap, and report this with the version of the kernel)");
    buffer.update(128, 64, 107 * kSecond);
    EXPECT_TRUE(buffer.check(107 * kSecond));
}

TEST(StalledBuffer, IsNeitherEmptyNorMoving) {
    StalledBuffer buffer;
    for (std::uint64_t second = 100; second < 120; ++second) {
        buffer.update(0, 0, second * kSecond);
        EXPECT_TRUE(buffer.check(second * kSecond)) << second;
    }
    for (std::uint64_t second = 120; second < 140; ++second) {
        buffer.update(second * 64, 4096, second * kSecond);
        EXPECT_TRUE(buffer.check(second * kSecond)) << second;
    }
}

}  // namespace
}  // namespace flowtap::stalled_buffer_test
