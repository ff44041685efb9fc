// SPDX-License-Identifier: Apache-2.0
// Coroutines that exist before they run, and those that never finish.
#include "tracker_fixture.h"

namespace flowtap::created_coroutine_test {
namespace {

using namespace test;

constexpr Where kCoroutine{.key = 0x6000, .point = kPythonWorkflow, .key_kind = FT_KEY_COROUTINE};
constexpr Where kNode{.key = 0x6100, .point = kPythonNode, .key_kind = FT_KEY_COROUTINE};

CreatedEvent created(__u64 time_ns, const Where& where, std::string_view workflow_id) {
    CreatedEvent event{begin(time_ns, where, workflow_id)};
    event.begin.header.kind = FT_EVENT_CREATED;
    return event;
}

ft_end aborted_end(__u64 time_ns, const Where& where) {
    ft_end event = end(time_ns, where);
    event.header.status = FT_STATUS_ABORTED;
    return event;
}

using CreatedCoroutineTest = TrackerTest;

TEST_F(CreatedCoroutineTest, ACreationAloneStartsNothing) {
    EXPECT_TRUE(apply(created(10, kCoroutine, "orders")).empty());
    EXPECT_EQ(tracker_.open_count(), 0U);
}

TEST_F(CreatedCoroutineTest, TheFirstStepIsTheBegin) {
    apply(created(10, kCoroutine, "orders"));
    ASSERT_EQ(apply(begin(50, kCoroutine, "orders")).size(), 1U);
    const Ended over = ended(end(80, kCoroutine));
    EXPECT_EQ(over.begin_ns, 50U);
    EXPECT_EQ(over.end_ns, 80U);
}

TEST_F(CreatedCoroutineTest, AnEndWithoutABeginMakesTheCreationTheBegin) {
    apply(created(10, kCoroutine, "orders"));
    const auto outcomes = apply(failed_end(80, kCoroutine, "ValueError"));
    ASSERT_EQ(outcomes.size(), 2U);
    EXPECT_EQ(std::get<Started>(outcomes[0]).time_ns, 10U);
    const auto& over = std::get<Ended>(outcomes[1]);
    EXPECT_EQ(over.begin_ns, 10U);
    EXPECT_EQ(over.status, Status::kFailed);
    EXPECT_EQ(over.identity, Identity(WorkflowIdentity{"orders"}));
}

TEST_F(CreatedCoroutineTest, ATaskHasTheIdsThatItsCreatorKnew) {
    CreatedEvent known = created(20, kNode, "orders");
    known.begin.node_id = text("task");
    known.begin.parent_key = kCoroutine.key;
    apply(begin(10, kCoroutine, "orders"));
    apply(known);
    const auto outcomes = apply(begin(30, kNode, ""));
    ASSERT_EQ(outcomes.size(), 1U);
    const auto& started = std::get<Started>(outcomes[0]);
    const auto& node = std::get<NodeIdentity>(*started.identity);
    EXPECT_EQ(node.workflow_id, "orders");
    EXPECT_EQ(node.node_id, "task");
    EXPECT_NE(started.workflow_token, 0U);
    EXPECT_FALSE(started.workflow_missing);
}

TEST_F(CreatedCoroutineTest, ATaskKeepsTheIdsOfItsOwnStack) {
    apply(created(20, kNode, "creator"));
    const auto outcomes = apply(begin(30, kNode, "own"));
    ASSERT_FALSE(outcomes.empty());
    EXPECT_EQ(std::get<NodeIdentity>(*std::get<Started>(outcomes[0]).identity).workflow_id, "own");
}

TEST_F(CreatedCoroutineTest, ANodeInItShowsThatItRuns) {
    apply(created(10, kCoroutine, "orders"));
    ft_begin node = begin(30, kNode, "orders");
    node.parent_key = kCoroutine.key;
    const auto outcomes = apply(node);
    ASSERT_EQ(outcomes.size(), 2U);
    EXPECT_EQ(std::get<Started>(outcomes[0]).key, kCoroutine.key);
    EXPECT_EQ(std::get<Started>(outcomes[1]).key, kNode.key);
}

TEST_F(CreatedCoroutineTest, OneThatNeverRanLeavesNoTrace) {
    apply(created(10, kCoroutine, "orders"));
    EXPECT_TRUE(apply(aborted_end(20, kCoroutine)).empty());
    const auto later = apply(end(30, kCoroutine));
    ASSERT_EQ(later.size(), 1U);
    EXPECT_TRUE(is_unpaired(later[0], UnpairedReason::kEndWithoutBegin));
}

TEST_F(CreatedCoroutineTest, OneDestroyedWhileSuspendedIsAborted) {
    apply(begin(10, kCoroutine, "orders"));
    EXPECT_EQ(ended(aborted_end(20, kCoroutine)).status, Status::kAborted);
}

TEST_F(CreatedCoroutineTest, OneThatIsClosedIsAborted) {
    apply(begin(10, kCoroutine, "orders"));
    EXPECT_EQ(ended(failed_end(20, kCoroutine, "GeneratorExit")).status, Status::kAborted);
}

TEST_F(CreatedCoroutineTest, OneEndsWithItsProcess) {
    apply(created(10, kCoroutine, "orders"));
    std::vector<Outcome> outcomes;
    tracker_.end_process(kCoroutine.tgid, 20, outcomes);
    EXPECT_TRUE(outcomes.empty());
    EXPECT_EQ(apply(end(30, kCoroutine)).size(), 1U) << "an end without a begin";
}

TEST(CreatedCoroutines, ReplaceOneOfTheSameKeyAtTheLimitToo) {
    CreatedCoroutines coroutines(1);
    coroutines.put(begin(10, kCoroutine), false);
    coroutines.put(begin(20, kNode), false);
    EXPECT_EQ(coroutines.size(), 1U);
    coroutines.put(begin(30, kCoroutine), false);
    const auto kept = coroutines.take(kCoroutine.tgid, kCoroutine.key);
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->header.time_ns, 30U);
}

}  // namespace
}  // namespace flowtap::created_coroutine_test
