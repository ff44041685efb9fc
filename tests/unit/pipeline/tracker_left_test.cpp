// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "pipeline/text.h"
#include "tracker_fixture.h"

namespace flowtap::test::tracker_left_test {
namespace {

Where frame(__u64 key, __u32 point = kNativeNode) { return {.key = key, .point = point}; }

class LeftTest : public TrackerTest {
protected:
    void SetUp() override {
        apply(begin(10, frame(0x3000, kNativeWorkflow), "w"));
        apply(begin(20, frame(0x2000)));
        apply(begin(30, frame(0x1000)));
    }
};

TEST_F(LeftTest, AnExceptionFailsWhatLiesBetweenInnermostFirst) {
    const auto outcomes = apply(left(100, 0x800, 0x2800, FT_STATUS_FAILED, "St13runtime_error"));
    ASSERT_EQ(outcomes.size(), 2u);
    const auto& inner = std::get<Ended>(outcomes[0]);
    const auto& outer = std::get<Ended>(outcomes[1]);
    EXPECT_EQ(inner.key, 0x1000u);
    EXPECT_EQ(outer.key, 0x2000u);
    for (const Ended& one : {inner, outer}) {
        EXPECT_EQ(one.status, Status::kFailed);
        EXPECT_EQ(one.error_type, "std::runtime_error");
        EXPECT_EQ(one.end_ns, 100u);
        EXPECT_TRUE(one.duration_known);
        EXPECT_TRUE(one.in_kernel_map);
    }
    EXPECT_EQ(tracker_.open_count(), 1u);
}

TEST_F(LeftTest, AFrameThatCatchesIsNotLeft) {
    EXPECT_TRUE(apply(left(100, 0x800, 0x1000, FT_STATUS_FAILED, "i")).empty());
    EXPECT_EQ(tracker_.open_count(), 3u);
}

TEST_F(LeftTest, FramesBelowTheJumpAreOnAnotherStack) {
    EXPECT_EQ(ended(left(100, 0x1800, 0x2800, FT_STATUS_ABORTED)).key, 0x2000u);
    EXPECT_EQ(tracker_.open_count(), 2u);
}

TEST_F(LeftTest, AJumpAborts) {
    const Ended one = ended(left(100, 0x800, 0x1800, FT_STATUS_ABORTED));
    EXPECT_EQ(one.status, Status::kAborted);
    EXPECT_EQ(one.error_type, "");
    EXPECT_TRUE(one.duration_known);
}

TEST_F(LeftTest, APossibleEndEndsOnlyExecutionsThatBeganInItsTime) {
    const auto possible_end = [this](std::uint64_t key, std::uint64_t since, std::uint64_t until) {
        std::vector<Outcome> outcomes;
        tracker_.apply(PossibleEnd{.tgid = 100, .key = key, .since = since, .until = until}, outcomes);
        return outcomes;
    };
    EXPECT_TRUE(possible_end(0x2000, 20, 100).empty()) << "began before";
    EXPECT_TRUE(possible_end(0x2000, 10, 19).empty()) << "began after";
    EXPECT_TRUE(possible_end(0x4000, 10, 100).empty()) << "no such key";
    const auto outcomes = possible_end(0x2000, 10, 100);
    ASSERT_EQ(outcomes.size(), 2u);
    const auto& one = std::get<Ended>(outcomes[0]);
    EXPECT_EQ(one.key, 0x2000u);
    EXPECT_EQ(one.status, Status::kAborted);
    EXPECT_FALSE(one.duration_known);
    EXPECT_TRUE(one.in_kernel_map);
    EXPECT_TRUE(is_unpaired(outcomes[1], UnpairedReason::kLeftWithoutReturn));
    EXPECT_EQ(tracker_.open_count(), 2u);
}

TEST_F(LeftTest, OtherProcessesAreNotTouched) {
    ft_left event = left(100, 0, ~0ULL, FT_STATUS_ABORTED);
    event.header.tgid = 200;
    EXPECT_TRUE(apply(event).empty());
}

TEST_F(LeftTest, PythonCallsHaveNoPlaceOnTheStack) {
    apply(begin(40, {.key = 0x1100, .point = kPythonNode, .key_kind = FT_KEY_FRAME}));
    EXPECT_EQ(ended(left(100, 0x800, 0x1800, FT_STATUS_ABORTED)).key, 0x1000u);
    EXPECT_EQ(tracker_.open_count(), 3u);
}

TEST_F(LeftTest, AnEndAfterTheAbortIsUnpaired) {
    apply(left(100, 0x800, 0x1800, FT_STATUS_ABORTED));
    const auto outcomes = apply(end(110, frame(0x1000)));
    ASSERT_EQ(outcomes.size(), 1u);
    EXPECT_TRUE(is_unpaired(outcomes[0], UnpairedReason::kEndWithoutBegin));
}

TEST_F(LeftTest, AnExceptionWithoutAReadableTypeIsUnknown) {
    EXPECT_EQ(ended(left(100, 0x800, 0x1800, FT_STATUS_FAILED)).error_type, "unknown");
}

TEST_F(LeftTest, FindsExecutionsOpenOnARangeOfStack) {
    EXPECT_TRUE(tracker_.any_on_stack(100, 0x1000, 0x1001));
    EXPECT_FALSE(tracker_.any_on_stack(100, 0x1001, 0x2000));
    EXPECT_FALSE(tracker_.any_on_stack(7, 0, ~0ULL));
}

TEST(CppTypes, AreDemangled) {
    EXPECT_EQ(to_label(text("St13runtime_error", FT_TEXT_CPP_TYPE)), "std::runtime_error");
    EXPECT_EQ(to_label(text("*N6engine5LeaveE", FT_TEXT_CPP_TYPE)), "engine::Leave");
    EXPECT_EQ(to_label(text("i", FT_TEXT_CPP_TYPE)), "int");
    EXPECT_EQ(to_label(text("N12_GLOBAL__N_14OopsE", FT_TEXT_CPP_TYPE)), "(anonymous namespace)::Oops");
}

TEST(CppTypes, AreUnchangedIfTheyAreNotMangled) {
    EXPECT_EQ(to_label(text("", FT_TEXT_CPP_TYPE)), "");
    EXPECT_EQ(to_label(text("no name", FT_TEXT_CPP_TYPE)), "no name");
    EXPECT_EQ(to_label(text("St13runtime_er", FT_TEXT_CPP_TYPE, FT_TEXT_TRUNCATED)), "St13runtime_er\u2026");
}

}  // namespace
}  // namespace flowtap::test::tracker_left_test
