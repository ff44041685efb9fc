// SPDX-License-Identifier: Apache-2.0
// Nodes whose ids are known at their end: what begins is told when they are, or when it is over.
#include "tracker_fixture.h"

namespace flowtap::tracker_late_ids_test {
namespace {

using namespace test;

constexpr __u32 kLateNode = 20;
constexpr Where kNode{.key = 0x7001, .point = kLateNode, .key_kind = FT_KEY_CALL};
constexpr Where kAround{.key = 0x6000, .point = kPythonWorkflow, .key_kind = FT_KEY_COROUTINE};

class TrackerLateIds : public TrackerTest {
protected:
    TrackerLateIds() { tracker_.add_point(kLateNode, {.python = true, .name = "step", .ids_at_end = true}); }

    static NamedEvent named(__u64 time_ns, std::string_view node_id, std::string_view workflow_id = "") {
        NamedEvent event{begin(time_ns, kNode, workflow_id)};
        event.begin.header.kind = FT_EVENT_NAMED;
        event.begin.node_id = text(node_id);
        return event;
    }
    // That of the start and the end which these outcomes are.
    static Identity identity_in(const std::vector<Outcome>& outcomes) {
        if (outcomes.size() != 2 || !std::holds_alternative<Started>(outcomes[0]) ||
            !std::holds_alternative<Ended>(outcomes[1])) {
            ADD_FAILURE() << outcomes.size() << " outcomes";
            return {};
        }
        EXPECT_EQ(std::get<Started>(outcomes[0]).token, std::get<Ended>(outcomes[1]).token);
        EXPECT_EQ(*std::get<Started>(outcomes[0]).identity, *std::get<Ended>(outcomes[1]).identity);
        return *std::get<Ended>(outcomes[1]).identity;
    }
};

TEST_F(TrackerLateIds, AreThoseOfTheWholeExecution) {
    EXPECT_TRUE(apply(begin(10, kNode, "")).empty());
    EXPECT_EQ(tracker_.open_count(), 1U);
    const auto starts = apply(named(50, "load", "orders"));
    ASSERT_EQ(starts.size(), 1U);
    EXPECT_EQ(std::get<Started>(starts[0]).time_ns, 10U);
    EXPECT_EQ(*std::get<Started>(starts[0]).identity, Identity(NodeIdentity{"orders", "load", "step"}));
    const Ended over = ended(failed_end(60, kNode, "ValueError"));
    EXPECT_EQ(*over.identity, Identity(NodeIdentity{"orders", "load", "step"}));
    EXPECT_EQ(over.begin_ns, 10U);
    EXPECT_EQ(over.status, Status::kFailed);
}

TEST_F(TrackerLateIds, KeepTheWorkflowThatWasAroundAtTheBegin) {
    apply(begin(5, kAround, "orders"));
    ft_begin node = begin(10, kNode, "");
    node.parent_key = kAround.key;
    EXPECT_TRUE(apply(node).empty());
    apply(end(20, kAround));
    const auto starts = apply(named(50, "load"));
    ASSERT_EQ(starts.size(), 1U);
    EXPECT_EQ(*std::get<Started>(starts[0]).identity, Identity(NodeIdentity{"orders", "load", "step"}));
    EXPECT_NE(std::get<Started>(starts[0]).workflow_token, 0U);
}

TEST_F(TrackerLateIds, ComeAfterWhatTheCallersKnew) {
    ft_begin node = begin(10, kNode, "orders");
    node.node_id = text("from a caller");
    apply(node);
    const auto starts = apply(named(50, "own", "other"));
    ASSERT_EQ(starts.size(), 1U);
    EXPECT_EQ(*std::get<Started>(starts[0]).identity,
              Identity(NodeIdentity{"orders", "from a caller", "step"}));
}

TEST_F(TrackerLateIds, AreMissingWhereTheyWereLostOrNeverTold) {
    apply(begin(10, kNode, "orders"));
    EXPECT_EQ(identity_in(apply(end(60, kNode))), Identity(NodeIdentity{"orders", "step", "step"}));
    apply(begin(70, kNode, "orders"));
    EXPECT_EQ(identity_in(apply(ThreadExitEvent{header(FT_EVENT_THREAD_EXIT, 80, kNode)})),
              Identity(NodeIdentity{"orders", "step", "step"}));
    EXPECT_EQ(tracker_.open_count(), 0U);
}

TEST_F(TrackerLateIds, NameNothingThatHasNotBegun) {
    EXPECT_TRUE(apply(named(50, "load")).empty());
    apply(begin(60, kNode, "orders"));
    EXPECT_TRUE(apply(named(55, "of the one before")).empty());
    EXPECT_EQ(identity_in(apply(end(70, kNode))), Identity(NodeIdentity{"orders", "step", "step"}));
}

TEST_F(TrackerLateIds, MakeACreationTheBegin) {
    CreatedEvent created{begin(10, kNode, "orders")};
    created.begin.header.kind = FT_EVENT_CREATED;
    apply(created);
    const auto starts = apply(named(50, "load"));
    ASSERT_EQ(starts.size(), 1U);
    EXPECT_EQ(std::get<Started>(starts[0]).time_ns, 10U);
    EXPECT_EQ(ended(end(60, kNode)).begin_ns, 10U);
}

}  // namespace
}  // namespace flowtap::tracker_late_ids_test
