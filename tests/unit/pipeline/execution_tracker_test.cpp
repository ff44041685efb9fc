// SPDX-License-Identifier: Apache-2.0
#include "pipeline/execution_tracker.h"

#include "tracker_fixture.h"

namespace flowtap::execution_tracker_test {
namespace {

using namespace test;
using testing::Test;

constexpr Where kWorkflow{.key = 0x7000, .point = kNativeWorkflow};
constexpr Where kCall{.key = 0x5000, .point = kPythonWorkflow, .key_kind = FT_KEY_FRAME};
constexpr Where kCoroutine{.key = 0x6000, .point = kPythonWorkflow, .key_kind = FT_KEY_COROUTINE};

using ExecutionTrackerTest = TrackerTest;

InFlightEvent in_flight(__u64 time_ns) { return {header(FT_EVENT_IN_FLIGHT, time_ns, kCoroutine)}; }

TEST_F(ExecutionTrackerTest, ABeginStartsAnExecution) {
    const auto outcomes =
        apply(begin(10, {.key = 0x7000, .tgid = 5, .tid = 6, .point = kNativeWorkflow}, "orders"));
    ASSERT_EQ(outcomes.size(), 1U);
    const auto& started = std::get<Started>(outcomes[0]);
    EXPECT_EQ(started.tgid, 5U);
    EXPECT_EQ(started.tid, 6U);
    EXPECT_EQ(started.key, 0x7000U);
    EXPECT_EQ(started.time_ns, 10U);
    EXPECT_EQ(started.identity, Identity(WorkflowIdentity{"orders"}));
    EXPECT_EQ(tracker_.open_count(), 1U);
}

TEST_F(ExecutionTrackerTest, ABeginSaysWhetherAnIdCouldNotBeRead) {
    ft_begin event = begin(10, kWorkflow, "orders");
    EXPECT_FALSE(std::get<Started>(apply(event).at(0)).id_unreadable);
    apply(end(20, kWorkflow));
    event.workflow_name.flags |= FT_TEXT_UNREADABLE;
    EXPECT_TRUE(std::get<Started>(apply(event).at(0)).id_unreadable);
}

TEST_F(ExecutionTrackerTest, AnEndPairsWithItsBegin) {
    const auto started = std::get<Started>(apply(begin(10, kWorkflow, "orders")).at(0));
    const Ended over = ended(end(35, kWorkflow));
    EXPECT_EQ(over.token, started.token);
    EXPECT_EQ(over.key, kWorkflow.key);
    EXPECT_EQ(over.begin_ns, 10U);
    EXPECT_EQ(over.end_ns, 35U);
    EXPECT_TRUE(over.duration_known);
    EXPECT_EQ(over.status, Status::kSuccess);
    EXPECT_EQ(over.error_type, "");
    EXPECT_EQ(over.identity, started.identity);
    EXPECT_EQ(tracker_.open_count(), 0U);
}

TEST_F(ExecutionTrackerTest, AFailedEndCarriesItsErrorType) {
    apply(begin(10, kCall));
    const Ended over = ended(failed_end(20, kCall, "ValueError"));
    EXPECT_EQ(over.status, Status::kFailed);
    EXPECT_EQ(over.error_type, "ValueError");
}

TEST_F(ExecutionTrackerTest, AnErrorWithoutATypeIsUnknown) {
    apply(begin(10, kCall));
    EXPECT_EQ(ended(failed_end(20, kCall, "")).error_type, "unknown");
}

TEST_F(ExecutionTrackerTest, OnlyPythonsCancelledErrorCancels) {
    apply(begin(10, kCall));
    const Ended cancelled = ended(failed_end(20, kCall, "CancelledError"));
    EXPECT_EQ(cancelled.status, Status::kCancelled);
    EXPECT_EQ(cancelled.error_type, "CancelledError");

    apply(begin(10, kCall));
    EXPECT_EQ(ended(failed_end(20, kCall, "MyCancelledError")).status, Status::kFailed);
    apply(begin(10, kWorkflow));
    EXPECT_EQ(ended(failed_end(20, kWorkflow, "CancelledError")).status, Status::kFailed);
}

TEST_F(ExecutionTrackerTest, AnEndWithoutBeginIsUnpaired) {
    const auto outcomes = apply(end(10, kWorkflow));
    ASSERT_EQ(outcomes.size(), 1U);
    EXPECT_TRUE(is_unpaired(outcomes[0], UnpairedReason::kEndWithoutBegin));
}

TEST_F(ExecutionTrackerTest, TheSameKeyInAnotherProcessIsAnotherExecution) {
    Where other = kWorkflow;
    other.tgid = 200;
    apply(begin(10, kWorkflow, "orders"));
    apply(begin(11, other, "invoices"));
    EXPECT_EQ(ended(end(12, other)).identity, Identity(WorkflowIdentity{"invoices"}));
    EXPECT_EQ(tracker_.open_keys(kWorkflow.tgid), std::vector<std::uint64_t>{kWorkflow.key});
}

TEST_F(ExecutionTrackerTest, ABeginWithAnOpenKeyEndsTheOldExecutionFirst) {
    const auto old = std::get<Started>(apply(begin(10, kWorkflow, "orders")).at(0));
    const auto outcomes = apply(begin(50, kWorkflow, "orders"));
    ASSERT_EQ(outcomes.size(), 3U);
    const auto& left = std::get<Ended>(outcomes[0]);
    EXPECT_EQ(left.token, old.token);
    EXPECT_EQ(left.status, Status::kAborted);
    EXPECT_FALSE(left.duration_known);
    EXPECT_EQ(left.end_ns, 50U);
    EXPECT_TRUE(is_unpaired(outcomes[1], UnpairedReason::kLeftWithoutReturn));
    EXPECT_NE(std::get<Started>(outcomes[2]).token, old.token);
    EXPECT_EQ(tracker_.open_count(), 1U);
}

TEST_F(ExecutionTrackerTest, ADeferredEndMayArriveAfterLaterEvents) {
    apply(begin(10, kWorkflow));
    apply(begin(100, kCall));
    EXPECT_EQ(ended(end(30, kWorkflow)).end_ns, 30U);
}

TEST_F(ExecutionTrackerTest, AnEndOlderThanTheOpenExecutionIsNotItsOwn) {
    apply(begin(10, kWorkflow));
    apply(begin(50, kWorkflow));
    const auto outcomes = apply(end(30, kWorkflow));
    ASSERT_EQ(outcomes.size(), 1U);
    EXPECT_TRUE(is_unpaired(outcomes[0], UnpairedReason::kEndWithoutBegin));
    EXPECT_EQ(ended(end(60, kWorkflow)).begin_ns, 50U);
}

TEST_F(ExecutionTrackerTest, AThreadsExitAbortsItsCallsAndLeavesCoroutines) {
    Where other_thread{.key = 0x9000, .tid = 101, .point = kNativeWorkflow};
    apply(begin(10, kWorkflow));
    apply(begin(11, kCall));
    apply(begin(12, kCoroutine));
    apply(begin(13, other_thread));
    const auto outcomes = apply(ThreadExitEvent{header(FT_EVENT_THREAD_EXIT, 40, {.key = 0})});
    ASSERT_EQ(outcomes.size(), 2U);
    for (const Outcome& outcome : outcomes) {
        const auto& aborted = std::get<Ended>(outcome);
        EXPECT_EQ(aborted.status, Status::kAborted);
        EXPECT_TRUE(aborted.duration_known);
        EXPECT_EQ(aborted.end_ns, 40U);
    }
    EXPECT_EQ(std::get<Ended>(outcomes[0]).key, kCall.key) << "innermost first";
    EXPECT_EQ(std::get<Ended>(outcomes[1]).key, kWorkflow.key);
    EXPECT_EQ(tracker_.open_count(), 2U);
}

TEST_F(ExecutionTrackerTest, ACoroutineMayEndOnAnotherThread) {
    Where elsewhere = kCoroutine;
    elsewhere.tid = 555;
    apply(begin(10, kCoroutine));
    EXPECT_EQ(ended(end(20, elsewhere)).tid, kCoroutine.tid);
}

TEST_F(ExecutionTrackerTest, AProcessExitAndAnExecAbortEverythingInTheProcess) {
    for (const Event& over : {Event(ProcessExitEvent{header(FT_EVENT_PROCESS_EXIT, 40, {})}),
                              Event(ExecEvent{header(FT_EVENT_EXEC, 40, {})})}) {
        Where survivor = kWorkflow;
        survivor.tgid = 200;
        apply(begin(10, kWorkflow));
        apply(begin(11, kCoroutine));
        apply(begin(12, survivor));
        const auto outcomes = apply(over);
        ASSERT_EQ(outcomes.size(), 2U);
        for (const Outcome& outcome : outcomes) {
            EXPECT_EQ(std::get<Ended>(outcome).status, Status::kAborted);
            EXPECT_TRUE(std::get<Ended>(outcome).duration_known);
        }
        EXPECT_EQ(tracker_.open_count(), 1U);
        ended(end(50, survivor));
    }
}

TEST_F(ExecutionTrackerTest, AProcessMayBeEndedOrForgottenByTheDaemon) {
    std::vector<Outcome> outcomes;
    apply(begin(10, kWorkflow));
    tracker_.end_process(kWorkflow.tgid, 70, outcomes);
    EXPECT_TRUE(only_ended(outcomes).duration_known);
    EXPECT_EQ(std::get<Ended>(outcomes[0]).end_ns, 70U);

    outcomes.clear();
    apply(begin(10, kWorkflow));
    tracker_.forget_process(kWorkflow.tgid, 70, outcomes);
    ASSERT_EQ(outcomes.size(), 2U);
    EXPECT_FALSE(std::get<Ended>(outcomes[0]).duration_known);
    EXPECT_EQ(std::get<Ended>(outcomes[0]).status, Status::kAborted);
    EXPECT_TRUE(is_unpaired(outcomes[1], UnpairedReason::kLeftAtDetach));
    EXPECT_TRUE(tracker_.open_keys(kWorkflow.tgid).empty());
}

TEST_F(ExecutionTrackerTest, AnAbortNeverEndsBeforeItsBegin) {
    std::vector<Outcome> outcomes;
    apply(begin(100, kWorkflow));
    tracker_.end_process(kWorkflow.tgid, 70, outcomes);
    EXPECT_EQ(only_ended(outcomes).end_ns, 100U);
}

TEST_F(ExecutionTrackerTest, ACoroutineRanForAsLongAsTheKernelMeasured) {
    apply(begin(100, kCoroutine));
    ft_end event = end(210, kCoroutine);
    event.running_ns = 40;
    EXPECT_EQ(ended(event).running_ns, 40U);

    apply(begin(100, kCoroutine));
    event.running_ns = 5000;
    EXPECT_EQ(ended(event).running_ns, 110U) << "not longer than it lasted";
}

TEST_F(ExecutionTrackerTest, AnUnmeasuredRunningTimeIsUnknown) {
    apply(begin(100, kCoroutine));
    ft_end event = end(210, kCoroutine);
    event.running_ns = FT_RUNNING_UNKNOWN;
    EXPECT_FALSE(ended(event).running_ns.has_value());
    std::vector<Outcome> outcomes;
    apply(begin(100, kCoroutine));
    tracker_.end_process(kCoroutine.tgid, 300, outcomes);
    EXPECT_FALSE(only_ended(outcomes).running_ns.has_value());
}

TEST_F(ExecutionTrackerTest, ACallRunsFromBeginToEnd) {
    apply(begin(100, kCall));
    ft_end event = end(210, kCall);
    event.running_ns = FT_RUNNING_UNKNOWN;
    EXPECT_EQ(ended(event).running_ns, 110U);
}

TEST_F(ExecutionTrackerTest, ACoroutineInFlightIsReportedOnce) {
    const auto outcomes = apply(in_flight(10));
    ASSERT_EQ(outcomes.size(), 1U);
    EXPECT_TRUE(is_unpaired(outcomes[0], UnpairedReason::kInFlightAtAttach));
    EXPECT_TRUE(apply(in_flight(30)).empty());
    EXPECT_TRUE(apply(end(40, kCoroutine)).empty()) << "it was reported already";
    EXPECT_EQ(apply(end(50, kCoroutine)).size(), 1U);
}

TEST_F(ExecutionTrackerTest, ACoroutineWhoseCreationWasSeenIsNotInFlight) {
    ft_begin created = begin(10, kCoroutine);
    created.header.kind = FT_EVENT_CREATED;
    apply(CreatedEvent{created});
    EXPECT_TRUE(apply(in_flight(20)).empty());
}

TEST_F(ExecutionTrackerTest, ABeginMakesAKeyKnownAgain) {
    apply(in_flight(10));
    apply(begin(20, kCoroutine));
    EXPECT_EQ(ended(end(30, kCoroutine)).begin_ns, 20U);
    EXPECT_EQ(apply(in_flight(40)).size(), 1U);
}

TEST(ExecutionTrackerLimits, KeysInFlightAreBoundedAndFreedWithTheirProcess) {
    ExecutionTracker tracker(10, 2);
    std::vector<Outcome> outcomes;
    for (__u64 key = 1; key <= 5; ++key)
        tracker.apply(InFlightEvent{header(FT_EVENT_IN_FLIGHT, 1, {.key = key})}, outcomes);
    EXPECT_EQ(outcomes.size(), 2U);
    tracker.end_process(Where{}.tgid, 2, outcomes);
    tracker.apply(InFlightEvent{header(FT_EVENT_IN_FLIGHT, 3, {.key = 9})}, outcomes);
    EXPECT_EQ(outcomes.size(), 3U);
}

TEST(ExecutionTrackerLimits, ABeginBeyondTheLimitIsRefusedAndCounted) {
    ExecutionTracker tracker(2);
    describe_points(tracker);
    std::vector<Outcome> outcomes;
    for (__u64 key = 1; key <= 3; ++key)
        tracker.apply(begin(10, {.key = key, .point = kNativeNode}), outcomes);
    ASSERT_EQ(outcomes.size(), 3U);
    EXPECT_TRUE(is_unpaired(outcomes[2], UnpairedReason::kTooManyOpen));
    EXPECT_EQ(tracker.open_count(), 2U);

    outcomes.clear();
    tracker.apply(begin(20, {.key = 2, .point = kNativeNode}), outcomes);
    EXPECT_EQ(outcomes.size(), 3U) << "one that replaces another has room";
    EXPECT_EQ(tracker.open_count(), 2U);
}

TEST_F(ExecutionTrackerTest, ABeginOfAnUndescribedPointIsUnpaired) {
    const auto outcomes = apply(begin(10, {.point = kUndescribed}));
    ASSERT_EQ(outcomes.size(), 1U);
    EXPECT_TRUE(is_unpaired(outcomes[0], UnpairedReason::kUnknownPoint));
    EXPECT_EQ(tracker_.open_count(), 0U);
}

TEST_F(ExecutionTrackerTest, AMalformedEventIsIgnored) { EXPECT_TRUE(apply(Malformed{}).empty()); }

}  // namespace
}  // namespace flowtap::execution_tracker_test
