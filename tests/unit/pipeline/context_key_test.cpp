// SPDX-License-Identifier: Apache-2.0
// Executions that are the values of a context variable: they may move between threads, and end with their
// context at the latest.
#include <gtest/gtest.h>

#include "tracker_fixture.h"

namespace flowtap::test::context_key_test {
namespace {

class ContextKeyTest : public TrackerTest {
protected:
    static Where of_context(__u32 tid) {
        return {.key = 1ULL << 63 | 7, .tid = tid, .point = kPythonNode, .key_kind = FT_KEY_CONTEXT};
    }
};

TEST_F(ContextKeyTest, EndsOnAnotherThread) {
    apply(begin(10, of_context(100)));
    EXPECT_TRUE(apply(ThreadExitEvent{header(FT_EVENT_THREAD_EXIT, 20, of_context(100))}).empty());
    const Ended one = ended(failed_end(30, of_context(101), "ValueError"));
    EXPECT_EQ(one.status, Status::kFailed);
    EXPECT_EQ(one.error_type, "ValueError");
    EXPECT_TRUE(one.duration_known);
    EXPECT_FALSE(one.running_ns) << "nobody saw when its task was suspended";
}

TEST_F(ContextKeyTest, IsLeftWhereItWasNeverReset) {
    apply(begin(10, of_context(100)));
    EndEvent event = end(30, of_context(100));
    event.header.status = FT_STATUS_ABORTED;
    const auto outcomes = apply(event);
    ASSERT_EQ(outcomes.size(), 2u);
    EXPECT_EQ(std::get<Unpaired>(outcomes[0]).reason, UnpairedReason::kLeftWithoutReturn);
    EXPECT_EQ(std::get<Ended>(outcomes[1]).status, Status::kAborted);
    EXPECT_FALSE(std::get<Ended>(outcomes[1]).duration_known);
}

TEST_F(ContextKeyTest, IsCountedAsInFlightWhereItWasSetBeforeTheAttach) {
    const auto outcomes = apply(InFlightEvent{header(FT_EVENT_IN_FLIGHT, 10, of_context(100))});
    ASSERT_EQ(outcomes.size(), 1u);
    EXPECT_EQ(std::get<Unpaired>(outcomes[0]).reason, UnpairedReason::kInFlightAtAttach);
}

}  // namespace
}  // namespace flowtap::test::context_key_test
