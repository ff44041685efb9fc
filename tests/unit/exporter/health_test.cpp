// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flowtap::health_test {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t kSecond = 1'000'000'000;

TEST(Health, IsGoodUntilTheLoopWasSilentForTooLong) {
    Health health(100 * kSecond, seconds(5));
    EXPECT_TRUE(health.health(105 * kSecond).good());
    EXPECT_FALSE(health.health(105 * kSecond + 1).good());
    health.beat(107 * kSecond);
    EXPECT_TRUE(health.health(110 * kSecond).good());
    EXPECT_THAT(health.health(120 * kSecond).reasons, ElementsAre("event loop: no sign of life for 13 s"));
}

TEST(Health, IsGoodIfTheLastBeatIsLaterThanTheQuestion) {
    Health health(100 * kSecond, seconds(5));
    EXPECT_TRUE(health.health(99 * kSecond).good());
}

TEST(Health, KeepsOneReasonPerSubjectUntilItIsCleared) {
    Health health(0, seconds(5));
    health.set_reason("ring buffer", "not drained");
    health.set_reason("BPF objects", "gone");
    health.set_reason("ring buffer", "full");
    EXPECT_THAT(health.health(0).reasons, ElementsAre("BPF objects: gone", "ring buffer: full"));
    health.clear_reason("BPF objects");
    health.clear_reason("never set");
    EXPECT_THAT(health.health(0).reasons, ElementsAre("ring buffer: full"));
    health.clear_reason("ring buffer");
    EXPECT_THAT(health.health(0).reasons, IsEmpty());
}

TEST(Health, ReadinessWaitsForTheFirstAttachRoundAndIsNotHealth) {
    Health health(0, seconds(5));
    health.set_reason("ring buffer", "full");
    EXPECT_THAT(health.readiness().reasons, ElementsAre("targets: the first attach round has not finished"));
    health.mark_ready();
    EXPECT_TRUE(health.readiness().good());
    EXPECT_FALSE(health.health(0).good());
}

}  // namespace
}  // namespace flowtap::health_test
