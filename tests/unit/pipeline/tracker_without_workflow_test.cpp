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

TEST_F(WithoutWorkflow, MayYetTurnOutToHaveOneThatIsBorn) {
    ft_begin born = begin(10, kFlow, "orders");
    born.header.kind = FT_EVENT_BORN;
    apply(BornEvent{born});
    EXPECT_FALSE(reported("orders"));
}

TEST_F(WithoutWorkflow, IsNothingWhereTheProfileSeesNoWorkflows) {
    tracker_.add_point(kPoint, {.python = true, .name = "Actor.__call__"});
    EXPECT_FALSE(reported("orders"));
}

}  // namespace
}  // namespace flowtap::tracker_without_workflow_test
