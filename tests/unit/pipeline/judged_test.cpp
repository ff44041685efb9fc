// SPDX-License-Identifier: Apache-2.0
// Executions whose outcome a profile tells: by the value that their end tells, and by what exceptions mean.
#include <gtest/gtest.h>

#include "tracker_fixture.h"

namespace flowtap::test::judged_test {
namespace {

constexpr __u32 kJudged = 20;

class JudgedTest : public TrackerTest {
protected:
    static constexpr Where kNode{.key = 0x6000, .tid = 100, .point = kJudged, .key_kind = FT_KEY_FRAME};

    void judge_by(std::optional<std::string> failure, bool differs = false) {
        tracker_.add_point(
            kJudged,
            {.python = true, .name = "run", .judged = JudgedValue{std::move(failure), differs, "state"}});
    }
    Ended after(const ft_end& event) {
        apply(begin(10, kNode));
        return ended(event);
    }
    static ft_end told(std::string_view value, ft_encoding encoding = FT_TEXT_UTF8, int flags = 0) {
        ft_end event = end(20, kNode);
        event.error_type = text(value, encoding, flags | FT_TEXT_TOLD);
        return event;
    }
    static ft_end judged_none() { return told("", FT_TEXT_NONE); }
};

TEST_F(JudgedTest, FailsByItsValue) {
    judge_by("FAILURE");
    const Ended one = after(told("FAILURE"));
    EXPECT_EQ(one.status, Status::kFailed);
    EXPECT_EQ(one.error_type, "state=FAILURE");
    const Ended other = after(told("SUCCESS"));
    EXPECT_EQ(other.status, Status::kSuccess);
    EXPECT_EQ(other.error_type, "");
}

TEST_F(JudgedTest, FailsByAnyOtherValue) {
    judge_by("SUCCESS", true);
    EXPECT_EQ(after(told("SUCCESS")).status, Status::kSuccess);
    EXPECT_EQ(after(told("REVOKED")).error_type, "state=REVOKED");
    EXPECT_EQ(after(judged_none()).error_type, "state=None");
}

TEST_F(JudgedTest, ComparesABooleanAsANumberAndNamesItAsPythonDoes) {
    const std::string_view kTrue("\1\0\0\0", 4);
    judge_by("0");
    EXPECT_EQ(after(told("", FT_TEXT_BOOLEAN)).error_type, "state=False");
    EXPECT_EQ(after(told(kTrue, FT_TEXT_BOOLEAN)).status, Status::kSuccess);
    judge_by("1");
    EXPECT_EQ(after(told(kTrue, FT_TEXT_BOOLEAN)).error_type, "state=True");
}

TEST_F(JudgedTest, FailsByNone) {
    judge_by(std::nullopt);
    EXPECT_EQ(after(judged_none()).status, Status::kFailed);
    EXPECT_EQ(after(told("None")).status, Status::kSuccess) << "a text is no None";
}

TEST_F(JudgedTest, IsASuccessWhereTheValueWasNotSeen) {
    judge_by(std::nullopt);
    EXPECT_EQ(after(end(20, kNode)).status, Status::kSuccess);
    EXPECT_EQ(after(told("", FT_TEXT_NONE, FT_TEXT_UNREADABLE)).status, Status::kSuccess);
}

TEST_F(JudgedTest, TakesExceptionsForWhatTheProfileSays) {
    tracker_.add_point(kJudged, {.python = true,
                                 .name = "run",
                                 .statuses = {{"Retry", Status::kSuccess},
                                              {"Ignore", Status::kCancelled},
                                              {"CancelledError", Status::kFailed}}});
    const Ended retry = after(failed_end(20, kNode, "Retry"));
    EXPECT_EQ(retry.status, Status::kSuccess);
    EXPECT_EQ(retry.error_type, "");
    const Ended ignored = after(failed_end(20, kNode, "Ignore"));
    EXPECT_EQ(ignored.status, Status::kCancelled);
    EXPECT_EQ(ignored.error_type, "Ignore");
    EXPECT_EQ(after(failed_end(20, kNode, "CancelledError")).status, Status::kFailed);
    EXPECT_EQ(after(failed_end(20, kNode, "ValueError")).status, Status::kFailed);
}

TEST_F(JudgedTest, FailsByTheFunctionThatItCalled) {
    tracker_.add_point(kJudged, {.python = true,
                                 .name = "run",
                                 .failed_by = "Node.on_error",
                                 .statuses = {{"Retry", Status::kSuccess}}});
    ft_end called = end(20, kNode);
    called.header.status = FT_STATUS_FAILED;
    called.error_type = text("", FT_TEXT_NONE, FT_TEXT_CALLED);
    const Ended failed = after(called);
    EXPECT_EQ(failed.status, Status::kFailed);
    EXPECT_EQ(failed.error_type, "Node.on_error");
    EXPECT_EQ(after(failed_end(20, kNode, "KeyError")).error_type, "KeyError");
    EXPECT_EQ(after(failed_end(20, kNode, "Retry")).status, Status::kSuccess);
    EXPECT_EQ(after(end(20, kNode)).status, Status::kSuccess);
}

}  // namespace
}  // namespace flowtap::test::judged_test
