// SPDX-License-Identifier: Apache-2.0
#include "pipeline/late_ends.h"

#include <gtest/gtest.h>

#include "event_builder.h"

namespace flowtap::test::late_ends_test {
namespace {

constexpr Where kFirst{.key = 0x10, .tid = 101};
constexpr Where kSecond{.key = 0x20, .tid = 102};

std::vector<std::uint64_t> times(const std::vector<EndEvent>& ends) {
    std::vector<std::uint64_t> times;
    for (const EndEvent& end : ends) times.push_back(end.header.time_ns);
    return times;
}

using Times = std::vector<std::uint64_t>;

TEST(LateEnds, WaitUntilTheirBeginsWereTold) {
    LateEnds late;
    late.add(end(5, kFirst), 1000);
    late.add(end(3, kSecond), 2000);
    EXPECT_EQ(times(late.take_begun_before(999)), Times());
    EXPECT_EQ(times(late.take_begun_before(1000)), Times({5}));
    EXPECT_EQ(times(late.take_begun_before(2000)), Times({3}));
    EXPECT_TRUE(late.empty());
}

TEST(LateEnds, AreTakenInTheOrderOfTime) {
    LateEnds late;
    late.add(end(5, kFirst), 1000);
    late.add(end(7, kFirst), 1000);
    late.add(end(6, kSecond), 1000);
    EXPECT_EQ(times(late.take_begun_before(1000)), Times({5, 6, 7}));
}

TEST(LateEnds, ComeBeforeWhatTheirThreadDoesNext) {
    LateEnds late;
    late.add(end(5, kFirst), 1000);
    late.add(end(6, kSecond), 1000);
    late.add(end(9, kFirst), 1000);
    EXPECT_EQ(times(late.take_before(ThreadExitEvent{header(FT_EVENT_THREAD_EXIT, 4, kFirst)})), Times());
    EXPECT_EQ(times(late.take_before(ThreadExitEvent{header(FT_EVENT_THREAD_EXIT, 8, kFirst)})), Times({5}));
    EXPECT_EQ(late.size(), 2U);
}

// The end of a thread says nothing of what other threads do.
TEST(LateEnds, DoNotComeBeforeWhatAnotherThreadDoes) {
    LateEnds late;
    late.add(end(5, kFirst), 1000);
    EXPECT_EQ(times(late.take_before(ThreadExitEvent{header(FT_EVENT_THREAD_EXIT, 8, kSecond)})), Times());
    EXPECT_EQ(late.size(), 1U);
}

TEST(LateEnds, ComeBeforeTheNextBeginWithTheirKey) {
    LateEnds late;
    late.add(end(5, kFirst), 1000);
    late.add(end(9, kFirst), 1000);
    const Where elsewhere{.key = kFirst.key, .tid = kSecond.tid};
    EXPECT_EQ(times(late.take_before(BeginEvent{begin(7, elsewhere)})), Times({5}));
    EXPECT_EQ(times(late.take_before(CreatedEvent{begin(10, elsewhere)})), Times({9}));
    EXPECT_TRUE(late.empty());
}

TEST(LateEnds, OfOneKeyMayBeOfSeveralThreads) {
    LateEnds late;
    late.add(end(5, kFirst), 1000);
    late.add(end(8, {.key = kFirst.key, .tid = kSecond.tid}), 1000);
    EXPECT_EQ(times(late.take_before(BeginEvent{begin(7, {.key = kFirst.key, .tid = 103})})), Times({5}));
    EXPECT_EQ(times(late.take_before(BeginEvent{begin(9, {.key = kFirst.key, .tid = 103})})), Times({8}));
}

TEST(LateEnds, ComeBeforeTheEndOfTheirProcess) {
    LateEnds late;
    late.add(end(5, kFirst), 1000);
    late.add(end(6, kSecond), 1000);
    late.add(end(6, {.key = 1, .tgid = 7, .tid = 7}), 1000);
    EXPECT_EQ(times(late.take_before(ProcessExitEvent{header(FT_EVENT_PROCESS_EXIT, 9, {.tid = 1})})),
              Times({5, 6}));
    EXPECT_EQ(times(late.take_before(ExecEvent{header(FT_EVENT_EXEC, 9, {.tgid = 7, .tid = 7})})),
              Times({6}));
    EXPECT_TRUE(late.empty());
}

TEST(LateEnds, OfAnotherProcessHaveKeysOfTheirOwn) {
    LateEnds late;
    late.add(end(5, {.key = 1, .tgid = 7, .tid = 7}), 1000);
    EXPECT_EQ(times(late.take_before(BeginEvent{begin(9, {.key = 1, .tgid = 8, .tid = 8})})), Times());
}

}  // namespace
}  // namespace flowtap::test::late_ends_test
