// SPDX-License-Identifier: Apache-2.0
// Executions told of as a whole, when they are over; ids by the names of an enumeration.
#include <gtest/gtest.h>

#include <cstring>

#include "pipeline/event_decoder.h"
#include "pipeline/execution_tracker.h"

namespace flowtap::done_event_test {
namespace {

constexpr std::uint32_t kPoint = 7;

ft_text text(const std::string& value) {
    ft_text result = {};
    result.length = static_cast<__u16>(value.size());
    result.encoding = FT_TEXT_UTF8;
    value.copy(result.data, FT_TEXT_DATA);
    return result;
}

ft_text number(std::int64_t value) {
    ft_text result = {};
    result.length = sizeof value;
    result.encoding = FT_TEXT_INTEGER;
    std::memcpy(result.data, &value, sizeof value);
    return result;
}

ft_done done_event() {
    ft_done event = {};
    event.begin.header.kind = FT_EVENT_DONE;
    event.begin.header.key_kind = FT_KEY_STACK;
    event.begin.header.point = kPoint;
    event.begin.header.tgid = 10;
    event.begin.header.tid = 11;
    event.begin.header.time_ns = 1000;
    event.begin.workflow_id = text("w");
    event.begin.node_id = number(3);
    event.duration_ns = 400;
    event.duration_known = 1;
    return event;
}

class DoneEvents : public testing::Test {
protected:
    DoneEvents() {
        tracker_.add_point(kPoint,
                           {.name = "engine:done", .workflow_names = {}, .node_names = {{3, "kLoad"}}});
    }

    // Through the decoder, as from the kernel.
    std::vector<Outcome> apply(const ft_done& done) {
        std::vector<Outcome> outcomes;
        tracker_.apply(decode_event(std::as_bytes(std::span(&done, 1))), outcomes);
        return outcomes;
    }

    ExecutionTracker tracker_;
};

TEST_F(DoneEvents, AreAWholeExecution) {
    const std::vector<Outcome> outcomes = apply(done_event());
    ASSERT_EQ(outcomes.size(), 2u);
    const auto& started = std::get<Started>(outcomes[0]);
    const auto& ended = std::get<Ended>(outcomes[1]);
    EXPECT_EQ(started.token, ended.token);
    EXPECT_EQ(started.time_ns, 600u);
    EXPECT_EQ(ended.begin_ns, 600u);
    EXPECT_EQ(ended.end_ns, 1000u);
    EXPECT_EQ(ended.running_ns, 400u);
    EXPECT_TRUE(ended.duration_known);
    EXPECT_EQ(ended.status, Status::kSuccess);
    EXPECT_EQ(ended.identity, Identity(NodeIdentity{"w", "kLoad", "engine:done"}));
    EXPECT_EQ(tracker_.open_count(), 0u);
}

TEST_F(DoneEvents, TellFailuresWithTheirValue) {
    ft_done event = done_event();
    event.begin.header.status = FT_STATUS_FAILED;
    event.error_type = number(-5);
    const auto outcomes = apply(event);
    ASSERT_EQ(outcomes.size(), 2u);
    EXPECT_EQ(std::get<Ended>(outcomes[1]).status, Status::kFailed);
    EXPECT_EQ(std::get<Ended>(outcomes[1]).error_type, "-5");
}

TEST_F(DoneEvents, WithADurationThatCannotBeHaveNone) {
    ft_done event = done_event();
    event.duration_ns = 1001;
    EXPECT_FALSE(std::get<Ended>(apply(event).at(1)).duration_known);
    event = done_event();
    event.duration_known = 0;
    EXPECT_FALSE(std::get<Ended>(apply(event).at(1)).duration_known);
}

TEST_F(DoneEvents, OfAnUnknownPointAreCountedAsThat) {
    ft_done event = done_event();
    event.begin.header.point = kPoint + 1;
    const auto outcomes = apply(event);
    ASSERT_EQ(outcomes.size(), 1u);
    EXPECT_EQ(std::get<Unpaired>(outcomes[0]).reason, UnpairedReason::kUnknownPoint);
}

TEST_F(DoneEvents, ThatAreMalformedAreRefused) {
    ft_done event = done_event();
    event.error_type.encoding = 99;
    const auto decoded = decode_event(std::as_bytes(std::span(&event, 1)));
    EXPECT_TRUE(std::holds_alternative<Malformed>(decoded));
    const auto cut = decode_event(std::as_bytes(std::span(&event, 1)).first(sizeof event - 1));
    EXPECT_TRUE(std::holds_alternative<Malformed>(cut));
}

TEST_F(DoneEvents, NumbersWithoutANameStayNumbers) {
    ft_done event = done_event();
    event.begin.node_id = number(4);
    const auto outcomes = apply(event);
    EXPECT_EQ(std::get<NodeIdentity>(*std::get<Ended>(outcomes[1]).identity).node_id, "4");
}

}  // namespace
}  // namespace flowtap::done_event_test
