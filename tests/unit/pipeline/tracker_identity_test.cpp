// SPDX-License-Identifier: Apache-2.0
// Which workflow a node is counted under.
#include "tracker_fixture.h"

namespace flowtap::tracker_identity_test {
namespace {

using namespace test;

constexpr const char* kUuid = "6fa459ea-ee8a-3ca4-894e-db77e160355e";

constexpr Where kWorkflow{.key = 0x7000, .point = kNativeWorkflow};
constexpr Where kNode{.key = 0x6F00, .point = kNativeNode};
constexpr Where kCoroutine{.key = 0xA000, .point = kPythonWorkflow, .key_kind = FT_KEY_COROUTINE};
constexpr Where kMethod{.key = 0xB000, .point = kPythonNode, .key_kind = FT_KEY_FRAME};

class TrackerIdentityTest : public TrackerTest {
protected:
    NodeIdentity node(const ft_begin& event) {
        const Identity identity = begun(event);
        EXPECT_TRUE(std::holds_alternative<NodeIdentity>(identity));
        return std::holds_alternative<NodeIdentity>(identity) ? std::get<NodeIdentity>(identity)
                                                              : NodeIdentity{};
    }
};

TEST_F(TrackerIdentityTest, AWorkflowWithoutAGivenNameIsUnnamed) {
    EXPECT_EQ(begun(begin(1, kWorkflow)), Identity(WorkflowIdentity{"unnamed"}));
    ft_begin made_up = begin(2, kCoroutine, kUuid);
    made_up.workflow_name = text("Workflow-0a1b2c3d");
    EXPECT_EQ(begun(made_up), Identity(WorkflowIdentity{"unnamed"}));
}

TEST_F(TrackerIdentityTest, AWorkflowWithAMadeUpIdGoesByItsName) {
    ft_begin event = begin(1, kCoroutine, kUuid);
    event.workflow_name = text("orders");
    EXPECT_EQ(begun(event), Identity(WorkflowIdentity{"orders"}));
}

TEST_F(TrackerIdentityTest, ANodeCarriesItsOwnIdAndType) {
    ft_begin event = begin(1, kMethod, "orders");
    event.node_id = text("read");
    event.node_type = text("CSVReaderNode");
    EXPECT_EQ(node(event), (NodeIdentity{"orders", "read", "CSVReaderNode"}));
}

TEST_F(TrackerIdentityTest, ANodeWithoutATypeGoesByItsPointsName) {
    EXPECT_EQ(node(begin(1, kNode)), (NodeIdentity{"unnamed", "run_node", "run_node"}));
    EXPECT_EQ(node(begin(1, kMethod)), (NodeIdentity{"unnamed", "unnamed", "unnamed"}));
}

TEST_F(TrackerIdentityTest, ANodesOwnWorkflowBeatsItsParents) {
    begun(begin(1, kCoroutine, "outer"));
    ft_begin event = begin(2, kMethod, "inner");
    event.parent_key = kCoroutine.key;
    EXPECT_EQ(node(event).workflow_id, "inner");
}

TEST_F(TrackerIdentityTest, ANodeTakesItsParentsWorkflow) {
    begun(begin(1, kCoroutine, "orders"));
    ft_begin event = begin(2, kMethod);
    event.parent_key = kCoroutine.key;
    EXPECT_EQ(node(event).workflow_id, "orders");
}

TEST_F(TrackerIdentityTest, ANodeWithAMadeUpWorkflowIdTakesItsParentsWorkflow) {
    begun(begin(1, kCoroutine, "orders"));
    ft_begin event = begin(2, kMethod, kUuid);
    event.parent_key = kCoroutine.key;
    EXPECT_EQ(node(event).workflow_id, "orders");
}

TEST_F(TrackerIdentityTest, AParentInAnotherProcessIsNoParent) {
    Where elsewhere = kCoroutine;
    elsewhere.tgid = 200;
    begun(begin(1, elsewhere, "orders"));
    ft_begin event = begin(2, kMethod);
    event.parent_key = kCoroutine.key;
    EXPECT_EQ(node(event).workflow_id, "unnamed");
}

TEST_F(TrackerIdentityTest, ANativeNodeBelongsToTheInnermostWorkflowOfItsThread) {
    Where inner = kWorkflow;
    inner.key = 0x6000;
    begun(begin(1, kWorkflow, "outer"));
    begun(begin(2, inner, "inner"));
    EXPECT_EQ(node(begin(3, kNode)).workflow_id, "inner");
    ended(end(4, kNode));
    ended(end(5, inner));
    EXPECT_EQ(node(begin(6, kNode)).workflow_id, "outer");
    ended(end(7, kNode));
    ended(end(8, kWorkflow));
    EXPECT_EQ(node(begin(9, kNode)).workflow_id, "unnamed");
}

TEST_F(TrackerIdentityTest, AnOuterWorkflowMayEndBeforeTheInnerOne) {
    Where inner = kWorkflow;
    inner.key = 0x6000;
    begun(begin(1, kWorkflow, "outer"));
    begun(begin(2, inner, "inner"));
    ended(end(3, kWorkflow));
    EXPECT_EQ(node(begin(4, kNode)).workflow_id, "inner");
}

TEST_F(TrackerIdentityTest, AnotherThreadsWorkflowDoesNotCount) {
    Where elsewhere = kNode;
    elsewhere.tid = 101;
    begun(begin(1, kWorkflow, "orders"));
    EXPECT_EQ(node(begin(2, elsewhere)).workflow_id, "unnamed");
}

TEST_F(TrackerIdentityTest, APythonNodeTakesNothingFromItsThread) {
    begun(begin(1, {.key = 0xC000, .point = kPythonWorkflow, .key_kind = FT_KEY_FRAME}, "orders"));
    begun(begin(2, kWorkflow, "native"));
    EXPECT_EQ(node(begin(3, kMethod)).workflow_id, "unnamed");
}

TEST_F(TrackerIdentityTest, ANativeNodeIsNotInAPythonWorkflow) {
    begun(begin(1, {.key = 0xC000, .point = kPythonWorkflow, .key_kind = FT_KEY_FRAME}, "orders"));
    EXPECT_EQ(node(begin(2, kNode)).workflow_id, "unnamed");
}

}  // namespace
}  // namespace flowtap::tracker_identity_test
