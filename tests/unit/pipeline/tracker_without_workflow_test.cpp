// SPDX-License-Identifier: Apache-2.0
// Nodes of workflows that nobody saw begin.
#include "tracker_fixture.h"

namespace flowtap::tracker_without_workflow_test {
namespace {

using namespace test;

constexpr std::uint32_t kPoint = 77;
constexpr Where kNode{.key = 0x5000, .point = kPoint, .key_kind = FT_KEY_FRAME};
constexpr Where kFlow{.key = 0x6000, .point = kPythonWorkflow, .key_kind = FT_KEY_COROUTINE};

class WithoutWorkflow : public TrackerTest {
protected:
    WithoutWorkflow() {
        tracker_.add_point(kPoint, {.python = true, .in_workflows = true, .name = "Node.execute"});
    }
    // Whether a node of that workflow that begins and ends now is reported.
    bool reported(const char* workflow_id, Where where = kNode) {
        const auto outcomes = apply(begin(50, where, workflow_id));
        apply(end(60, where));
        return outcomes.size() == 2 && is_unpaired(outcomes[1], UnpairedReason::kNodeWithoutWorkflow);
    }
};

TEST_F(WithoutWorkflow, IsEachNodeWhileNoExecutionOfItsWorkflowIsOpen) {
    EXPECT_TRUE(reported("orders"));
    EXPECT_TRUE(reported("orders"));
    apply(begin(10, kFlow, "orders"));
    EXPECT_FALSE(reported("orders"));
    EXPECT_TRUE(reported("payments"));
    apply(end(70, kFlow));
    EXPECT_TRUE(reported("orders"));
}

TEST_F(WithoutWorkflow, IsANodeOfAnotherProcess) {
    apply(begin(10, kFlow, "orders"));
    EXPECT_TRUE(reported("orders", {.key = 1, .tgid = 4321, .point = kPoint, .key_kind = FT_KEY_FRAME}));
}

TEST_F(WithoutWorkflow, IsNoneWhileSeveralOpenExecutionsBecomeOne) {
    constexpr Where kSecond{.key = 0x6100, .point = kPythonWorkflow, .key_kind = FT_KEY_COROUTINE};
    apply(begin(10, kFlow, "orders"));
    apply(begin(11, kSecond, "orders"));
    apply(end(12, kFlow));
    EXPECT_FALSE(reported("orders"));
    apply(end(70, kSecond));
    EXPECT_TRUE(reported("orders"));
}

TEST_F(WithoutWorkflow, MayYetTurnOutToHaveOneThatIsCreated) {
    ft_begin created = begin(10, kFlow, "orders");
    created.header.kind = FT_EVENT_CREATED;
    apply(CreatedEvent{created});
    EXPECT_FALSE(reported("orders"));
}

// The workflow execution that a node with no parent is attributed to; 0: none.
class WithoutParent : public WithoutWorkflow {
protected:
    Started node(const char* workflow_id) {
        const auto outcomes = apply(begin(50, kNode, workflow_id));
        apply(end(60, kNode));
        const auto* started = outcomes.empty() ? nullptr : std::get_if<Started>(&outcomes[0]);
        EXPECT_NE(started, nullptr);
        return started == nullptr ? Started{} : *started;
    }
    std::uint64_t begin_flow(std::uint64_t key) {
        const auto outcomes =
            apply(begin(10, {.key = key, .point = kPythonWorkflow, .key_kind = FT_KEY_COROUTINE}, "orders"));
        return std::get<Started>(outcomes.at(0)).token;
    }
    void end_flow(std::uint64_t key) {
        apply(end(70, {.key = key, .point = kPythonWorkflow, .key_kind = FT_KEY_COROUTINE}));
    }
};

TEST_F(WithoutParent, IsOfTheOnlyOpenExecutionOfItsWorkflow) {
    const std::uint64_t first = begin_flow(0x6000);
    EXPECT_EQ(node("orders").workflow_token, first);
    EXPECT_FALSE(node("orders").workflow_missing);
    EXPECT_EQ(node("payments").workflow_token, 0U);
    EXPECT_TRUE(node("payments").workflow_missing);
    const std::uint64_t second = begin_flow(0x6100);
    EXPECT_EQ(node("orders").workflow_token, 0U);
    EXPECT_TRUE(node("orders").workflow_missing);
    end_flow(0x6000);
    EXPECT_EQ(node("orders").workflow_token, second);
}

TEST_F(WithoutParent, IsOfNoExecutionWhileAnotherMayBeUnderWay) {
    begin_flow(0x6000);
    ft_begin created = begin(20, {.key = 0x6200, .point = kPythonWorkflow, .key_kind = FT_KEY_COROUTINE});
    created.header.kind = FT_EVENT_CREATED;
    apply(CreatedEvent{created});
    EXPECT_TRUE(node("orders").workflow_missing);
    apply(end(21, {.key = 0x6200, .point = kPythonWorkflow, .key_kind = FT_KEY_COROUTINE}));
    EXPECT_FALSE(node("orders").workflow_missing);
    apply(InFlightEvent{header(FT_EVENT_IN_FLIGHT, 30, {.key = 0x6300, .point = kPythonWorkflow})});
    EXPECT_TRUE(node("orders").workflow_missing);
}

TEST_F(WithoutParent, MissesNoWorkflowWhereTheProfileSeesNone) {
    tracker_.add_point(kPoint, {.python = true, .name = "Actor.__call__"});
    EXPECT_FALSE(node("orders").workflow_missing);
}

TEST_F(WithoutWorkflow, IsNothingWhereTheProfileSeesNoWorkflows) {
    tracker_.add_point(kPoint, {.python = true, .name = "Actor.__call__"});
    EXPECT_FALSE(reported("orders"));
}

}  // namespace
}  // namespace flowtap::tracker_without_workflow_test
