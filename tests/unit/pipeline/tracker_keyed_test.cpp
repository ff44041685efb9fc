// SPDX-License-Identifier: Apache-2.0
// Calls known by a number that the engine tells: they have a place on a stack, and may move between threads.
#include <gtest/gtest.h>

#include "tracker_fixture.h"

namespace flowtap::test::tracker_keyed_test {
namespace {

class KeyedTest : public TrackerTest {
protected:
    static Where keyed(__u64 key, __u32 tid = 100) {
        return {.key = key, .tid = tid, .point = kNativeNode, .key_kind = FT_KEY_OBJECT};
    }
    static ft_begin call(__u64 time_ns, __u64 key, __u64 stack) {
        ft_begin event = begin(time_ns, keyed(key));
        event.call_stack = stack;
        return event;
    }
};

TEST_F(KeyedTest, EndsOnAnotherThread) {
    apply(call(10, 7, 0x1000));
    const Ended one = ended(end(30, keyed(7, 101)));
    EXPECT_EQ(one.end_ns - one.begin_ns, 20u);
    EXPECT_EQ(one.status, Status::kSuccess);
    EXPECT_FALSE(one.running_ns) << "nobody saw when it was suspended";
}

TEST_F(KeyedTest, OutlivesItsThread) {
    apply(call(10, 7, 0x1000));
    EXPECT_TRUE(apply(ThreadExitEvent{header(FT_EVENT_THREAD_EXIT, 20, keyed(0))}).empty());
    EXPECT_EQ(tracker_.open_count(), 1u);
    EXPECT_EQ(ended(ProcessExitEvent{header(FT_EVENT_PROCESS_EXIT, 30, keyed(0))}).status, Status::kAborted);
}

TEST_F(KeyedTest, IsLeftByWhatPassesItsPlaceOnTheStack) {
    apply(call(10, 7, 0x1000));
    EXPECT_TRUE(apply(left(20, 0, 0x1000, FT_STATUS_FAILED, "i")).empty());
    const Ended one = ended(left(30, 0, 0x1001, FT_STATUS_FAILED, "i"));
    EXPECT_EQ(one.key, 7u);
    EXPECT_EQ(one.call_stack, 0x1000u);
    EXPECT_EQ(one.error_type, "int");
    EXPECT_TRUE(one.in_kernel_map);
}

TEST_F(KeyedTest, OneWithoutAPlaceIsNotLeft) {
    apply(call(10, 7, 0));
    EXPECT_TRUE(apply(left(20, 0, ~0ULL, FT_STATUS_FAILED, "i")).empty());
}

TEST_F(KeyedTest, AKeyUsedAgainEndsTheOneThatWasOpen) {
    apply(call(10, 7, 0x1000));
    const auto outcomes = apply(call(20, 7, 0x2000));
    ASSERT_EQ(outcomes.size(), 3u);
    EXPECT_EQ(std::get<Ended>(outcomes[0]).status, Status::kAborted);
    EXPECT_FALSE(std::get<Ended>(outcomes[0]).duration_known);
    EXPECT_FALSE(std::get<Ended>(outcomes[0]).in_kernel_map) << "what is there is the new one";
    EXPECT_TRUE(is_unpaired(outcomes[1], UnpairedReason::kLeftWithoutReturn));
    EXPECT_EQ(std::get<Started>(outcomes[2]).key, 7u);
    EXPECT_FALSE(tracker_.any_on_stack(100, 0x1000, 0x1001));
}

TEST_F(KeyedTest, APlaceUsedAgainEndsTheOneThatWasOpenThere) {
    apply(call(10, 7, 0x1000));
    const auto replaced = apply(call(20, 8, 0x1000));
    ASSERT_EQ(replaced.size(), 3u);
    EXPECT_TRUE(std::get<Ended>(replaced[0]).in_kernel_map) << "under its own key";
    const auto outcomes = apply(begin(30, {.key = 0x1000, .point = kNativeNode}));
    ASSERT_EQ(outcomes.size(), 3u);
    EXPECT_EQ(std::get<Ended>(outcomes[0]).key, 8u);
    EXPECT_EQ(tracker_.open_count(), 1u);
}

TEST_F(KeyedTest, InterleavedOnesAreSeparate) {
    apply(call(10, 7, 0x1000));
    apply(call(20, 8, 0x2000));
    EXPECT_EQ(ended(end(30, keyed(7))).begin_ns, 10u);
    EXPECT_EQ(ended(end(40, keyed(8))).begin_ns, 20u);
}

TEST_F(KeyedTest, OnesInFlightAreCountedOnceForEachKey) {
    const InFlightEvent event{header(FT_EVENT_IN_FLIGHT, 10, keyed(7))};
    const auto outcomes = apply(event);
    ASSERT_EQ(outcomes.size(), 1u);
    EXPECT_TRUE(is_unpaired(outcomes[0], UnpairedReason::kInFlightAtAttach));
}

}  // namespace
}  // namespace flowtap::test::tracker_keyed_test
