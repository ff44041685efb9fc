// SPDX-License-Identifier: Apache-2.0
#include "pipeline/identity.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace flowtap::identity_test {
namespace {

const std::vector<std::string> kShapes = {"Workflow-xxxxxxxx", "run_xxxx"};
constexpr const char* kUuid = "6fa459ea-ee8a-3ca4-894e-db77e160355e";

TEST(IsMadeUpId, RecognisesUuidsInEitherForm) {
    EXPECT_TRUE(is_made_up_id(kUuid));
    EXPECT_TRUE(is_made_up_id("6FA459EA-EE8A-3CA4-894E-DB77E160355E"));
    EXPECT_TRUE(is_made_up_id("6fa459eaee8a3ca4894edb77e160355e"));
}

TEST(IsMadeUpName, RecognisesUuidsAndTheShapesOfTheProfile) {
    EXPECT_FALSE(is_made_up_name("Workflow-0a1b2c3d", {}));
    EXPECT_TRUE(is_made_up_name(kUuid, {}));
    EXPECT_TRUE(is_made_up_name("run_00ff", kShapes));
    EXPECT_TRUE(is_made_up_name("Workflow-0a1B2c3D", kShapes));
    EXPECT_TRUE(is_made_up_name(kUuid, kShapes));
    EXPECT_FALSE(is_made_up_name("Workflow-0a1b2c3", kShapes));
    EXPECT_FALSE(is_made_up_name("Workflow-0a1b2c3dd", kShapes));
    EXPECT_FALSE(is_made_up_name("Workflow-invoices", kShapes));
    EXPECT_FALSE(is_made_up_name("workflow-0a1b2c3d", kShapes));
}

TEST(IsMadeUpId, LeavesWhatOnlyLooksLikeAUuid) {
    EXPECT_FALSE(is_made_up_id(""));
    EXPECT_FALSE(is_made_up_id("6fa459ea-ee8a-3ca4-894e-db77e160355"));
    EXPECT_FALSE(is_made_up_id("6fa459ea-ee8a-3ca4-894e-db77e160355g"));
    EXPECT_FALSE(is_made_up_id("6fa459eaee8a-3ca4-894e-db77-e160355e"));
    EXPECT_FALSE(is_made_up_id("orders-6fa459ea-ee8a-3ca4-894e-db77e160355e"));
    EXPECT_FALSE(is_made_up_id("6fa459eaee8a3ca4894edb77e160355"));
}

TEST(GivenWorkflowName, PrefersTheIdThenTheName) {
    EXPECT_EQ(given_workflow_name("orders", "Order workflow", kShapes), "orders");
    EXPECT_EQ(given_workflow_name(kUuid, "Order workflow", kShapes), "Order workflow");
    EXPECT_EQ(given_workflow_name("", "Order workflow", kShapes), "Order workflow");
}

TEST(GivenWorkflowName, KeepsAnIdThatLooksLikeADefaultName) {
    EXPECT_EQ(given_workflow_name("Workflow-0a1b2c3d", "Order workflow", kShapes), "Workflow-0a1b2c3d");
}

TEST(GivenWorkflowName, IsNothingWhereBothAreEmptyOrMadeUp) {
    EXPECT_EQ(given_workflow_name(kUuid, "Workflow-0a1b2c3d", kShapes), std::nullopt);
    EXPECT_EQ(given_workflow_name(kUuid, "", kShapes), std::nullopt);
    EXPECT_EQ(given_workflow_name("", "", kShapes), std::nullopt);
    EXPECT_EQ(given_workflow_name("", kUuid, kShapes), std::nullopt);
}

TEST(MakeNodeIdentity, LeavesNoLabelEmpty) {
    EXPECT_EQ(make_node_identity("orders", "read", "CSVReaderNode"),
              (NodeIdentity{"orders", "read", "CSVReaderNode"}));
    EXPECT_EQ(make_node_identity("orders", "", "CSVReaderNode"),
              (NodeIdentity{"orders", "CSVReaderNode", "CSVReaderNode"}));
    EXPECT_EQ(make_node_identity("orders", "read", ""), (NodeIdentity{"orders", "read", "unnamed"}));
    EXPECT_EQ(make_node_identity("orders", "", ""), (NodeIdentity{"orders", "unnamed", "unnamed"}));
}

TEST(MakeNodeIdentity, KeepsMadeUpNodeIds) {
    EXPECT_EQ(make_node_identity("orders", kUuid, "Node").node_id, kUuid);
}

TEST(MakeNodeIdentity, LeavesOutWhatMakesANameUnique) {
    const auto id_of = [](const std::string& id) { return make_node_identity("orders", id, "Node").node_id; };
    EXPECT_EQ(id_of("inc-5d41402abc4b2a76b9719d911017c592"), "inc");
    EXPECT_EQ(id_of(std::string("read-csv-") + kUuid), "read-csv");
    EXPECT_EQ(id_of("-5d41402abc4b2a76b9719d911017c592"), "-5d41402abc4b2a76b9719d911017c592");
    EXPECT_EQ(id_of("inc-5d41402abc4b2a76b9719d911017c59"), "inc-5d41402abc4b2a76b9719d911017c59");
}

TEST(WorkflowOf, IsTheWorkflowOfEitherKind) {
    EXPECT_EQ(workflow_of(WorkflowIdentity{"orders"}), "orders");
    EXPECT_EQ(workflow_of(NodeIdentity{"orders", "read", "Node"}), "orders");
}

}  // namespace
}  // namespace flowtap::identity_test
