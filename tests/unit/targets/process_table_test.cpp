// SPDX-License-Identifier: Apache-2.0
#include "targets/process_table.h"

#include <gtest/gtest.h>

namespace flowtap::process_table_test {
namespace {

constexpr pid_t kPid = 4711;

TEST(ProcessStates, FollowAProcessFromItsFirstTryToItsEnd) {
    const struct {
        ProcessEvent event;
        ProcessState after;
    } life[] = {
        {ProcessEvent::kRefused, ProcessState::kWaiting},
        {ProcessEvent::kAttached, ProcessState::kAttached},
        {ProcessEvent::kExtended, ProcessState::kAttached},
        {ProcessEvent::kReleased, ProcessState::kDetaching},
        {ProcessEvent::kStarted, ProcessState::kDetaching},
        {ProcessEvent::kDetached, ProcessState::kDetached},
        {ProcessEvent::kAttached, ProcessState::kAttached},
        {ProcessEvent::kEnded, ProcessState::kEnding},
        {ProcessEvent::kRetired, ProcessState::kCandidate},
    };
    ProcessState state = ProcessState::kCandidate;
    for (const auto& [event, after] : life) {
        const auto next = state_after(state, event);
        ASSERT_EQ(next, after) << static_cast<int>(event);
        state = *next;
    }
}

// A new program under a PID never takes the probes of the one before it for its own, and none is placed while
// others are still being removed.
TEST(ProcessStates, AllowNoSecondAttachment) {
    for (const ProcessState state :
         {ProcessState::kAttached, ProcessState::kEnding, ProcessState::kDetaching})
        EXPECT_EQ(state_after(state, ProcessEvent::kAttached), std::nullopt);
}

TEST(ProcessStates, TakeEveryStartOfAProgram) {
    for (const ProcessState state :
         {ProcessState::kCandidate, ProcessState::kWaiting, ProcessState::kAttached, ProcessState::kEnding,
          ProcessState::kDetaching, ProcessState::kDetached})
        EXPECT_TRUE(state_after(state, ProcessEvent::kStarted).has_value());
}

TEST(ProcessStates, AreLeftOnlyWithProbesGone) {
    EXPECT_EQ(state_after(ProcessState::kDetaching, ProcessEvent::kForgotten), std::nullopt);
    EXPECT_EQ(state_after(ProcessState::kAttached, ProcessEvent::kForgotten), std::nullopt);
    EXPECT_EQ(state_after(ProcessState::kAttached, ProcessEvent::kDetached), std::nullopt);
}

TEST(ProcessTable, KeepsNothingOfAProcessOfWhichNothingIsKnown) {
    ProcessTable table;
    EXPECT_EQ(table.state_of(kPid), ProcessState::kCandidate);
    table.apply(kPid, ProcessEvent::kStarted);
    EXPECT_EQ(table.find(kPid), nullptr);
    table.apply(kPid, ProcessEvent::kRefused);
    ASSERT_NE(table.find(kPid), nullptr);
    table.apply(kPid, ProcessEvent::kForgotten);
    EXPECT_EQ(table.find(kPid), nullptr);
}

TEST(ProcessTable, ForgetsWhyAProcessWasRefusedWithTheProgramThatWas) {
    ProcessTable table;
    table.apply(kPid, ProcessEvent::kRefused);
    WatchedProcess& process = table.entry(kPid);
    process.refusal = Refusal{"engine", AttachFailure::kKernel, "it cannot be done"};
    process.waiting.emplace();
    process.overhead.emplace(1, std::nullopt);
    table.apply(kPid, ProcessEvent::kStarted);
    EXPECT_EQ(process.state(), ProcessState::kCandidate);
    EXPECT_FALSE(process.refusal.has_value());
    EXPECT_FALSE(process.waiting.has_value());
}

// A process that was released and attached to again is the same one.
TEST(ProcessTable, KeepsTheOverheadOverAnAttachment) {
    ProcessTable table;
    table.apply(kPid, ProcessEvent::kAttached);
    table.entry(kPid).overhead.emplace(1, std::nullopt);
    table.entry(kPid).target.emplace();
    EXPECT_EQ(table.target_count(), 1U);
    table.apply(kPid, ProcessEvent::kReleased);
    table.entry(kPid).attach_again = true;
    EXPECT_EQ(table.target(kPid), nullptr);
    table.apply(kPid, ProcessEvent::kDetached);
    EXPECT_TRUE(table.entry(kPid).attach_again);
    EXPECT_TRUE(table.entry(kPid).overhead.has_value());
    table.apply(kPid, ProcessEvent::kForgotten);
    ASSERT_NE(table.find(kPid), nullptr);
    table.forget_overhead(kPid);
    EXPECT_EQ(table.find(kPid), nullptr);
}

}  // namespace
}  // namespace flowtap::process_table_test
