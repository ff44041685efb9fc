// SPDX-License-Identifier: Apache-2.0
// Paths worked out by hand. Times are plain numbers: nanoseconds, unless they are compared with patience.
#include "pipeline/critical_paths.h"

#include <gtest/gtest.h>

namespace flowtap::critical_paths_test {
namespace {

constexpr std::uint32_t kProcess = 100;
constexpr std::uint64_t kFlow = 1;  // the token of the workflow execution of most tests

using Parts = std::vector<std::pair<std::string, std::uint64_t>>;  // node and time; "": the engine

class CriticalPathsTest : public testing::Test {
protected:
    void begin_flow(std::uint64_t time, std::uint64_t token = kFlow, std::uint32_t tgid = kProcess) {
        enter(Started{.token = token, .tgid = tgid, .time_ns = time, .identity = WorkflowIdentity{"etl"}});
    }
    void end_flow(std::uint64_t begin, std::uint64_t end, Status status = Status::kSuccess,
                  std::uint64_t token = kFlow) {
        enter(Ended{.token = token,
                    .tgid = kProcess,
                    .begin_ns = begin,
                    .end_ns = end,
                    .status = status,
                    .identity = WorkflowIdentity{"etl"}});
    }
    std::uint64_t begin_node(const std::string& id, std::uint64_t time, std::uint64_t around = kFlow) {
        enter(Started{.token = ++last_token_,
                      .tgid = kProcess,
                      .time_ns = time,
                      .identity = NodeIdentity{"etl", id, "Type"},
                      .workflow_token = around});
        return last_token_;
    }
    void end_node(std::uint64_t token, const std::string& id, std::uint64_t begin, std::uint64_t end,
                  Status status = Status::kSuccess, bool duration_known = true) {
        enter(Ended{.token = token,
                    .tgid = kProcess,
                    .begin_ns = begin,
                    .end_ns = end,
                    .duration_known = duration_known,
                    .status = status,
                    .identity = NodeIdentity{"etl", id, "Type"}});
    }
    void node(const std::string& id, std::uint64_t begin, std::uint64_t end,
              Status status = Status::kSuccess) {
        end_node(begin_node(id, begin), id, begin, end, status);
    }
    void enter(const Outcome& outcome) { paths_.add({&outcome, 1}); }

    std::vector<Outcome> decided(std::uint64_t lost = 0, std::uint64_t now = 1000) {
        std::vector<Outcome> outcomes;
        paths_.decide(lost, now, outcomes);
        return outcomes;
    }
    // Of the one path that is decided: its steps in order, then the engine's time.
    Parts path(std::uint64_t now = 1000) {
        const auto outcomes = decided(0, now);
        const auto* path = outcomes.size() == 1 ? std::get_if<CriticalPath>(&outcomes[0]) : nullptr;
        if (path == nullptr) return {{"no path", 0}};
        Parts parts;
        std::uint64_t sum = path->engine_ns;
        for (const CriticalStep& step : path->steps) {
            parts.emplace_back(std::get<NodeIdentity>(*step.identity).node_id, step.end_ns - step.begin_ns);
            sum += parts.back().second;
        }
        parts.emplace_back("", path->engine_ns);
        EXPECT_EQ(sum, path->end_ns - path->begin_ns);
        return parts;
    }
    // Why the one path that is decided is not known.
    std::optional<PathUnknownReason> unknown(std::uint64_t lost = 0, std::uint64_t now = 1000) {
        const auto outcomes = decided(lost, now);
        const auto* unknown = outcomes.size() == 1 ? std::get_if<PathUnknown>(&outcomes[0]) : nullptr;
        return unknown == nullptr ? std::nullopt : std::optional(unknown->reason);
    }

    CriticalPaths paths_{{.nodes = 4, .all_nodes = 6, .processes = 2}};
    std::uint64_t last_token_ = 100;
};

TEST_F(CriticalPathsTest, OfAChainIsEveryNode) {
    begin_flow(10);
    node("extract", 12, 20);
    node("load", 21, 50);
    end_flow(10, 55);
    EXPECT_EQ(path(), (Parts{{"extract", 8}, {"load", 29}, {"", 2 + 1 + 5}}));
}

TEST_F(CriticalPathsTest, OfADiamondIsItsLongerSide) {
    begin_flow(0);
    node("first", 0, 10);
    const auto quick = begin_node("quick", 10);
    const auto slow = begin_node("slow", 10);
    end_node(quick, "quick", 10, 15);
    end_node(slow, "slow", 10, 40);
    node("last", 41, 50);
    end_flow(0, 50);
    EXPECT_EQ(path(), (Parts{{"first", 10}, {"slow", 30}, {"last", 9}, {"", 1}}));
}

// "b" began while "a" ran, so it did not wait for it: what it waited for is the engine's.
TEST_F(CriticalPathsTest, LeavesOutANodeThatOnlyOverlapsTheNext) {
    begin_flow(0);
    const auto a = begin_node("a", 0);
    const auto b = begin_node("b", 3);
    end_node(a, "a", 0, 5);
    end_node(b, "b", 3, 8);
    end_flow(0, 9);
    EXPECT_EQ(path(), (Parts{{"b", 5}, {"", 3 + 1}}));
}

TEST_F(CriticalPathsTest, GivesANestedNodesTimeToTheOuterOne) {
    begin_flow(0);
    const auto outer = begin_node("outer", 1);
    const auto inner = begin_node("inner", 2, outer);
    end_node(inner, "inner", 2, 9);
    end_node(outer, "outer", 1, 9);
    end_flow(0, 10);
    EXPECT_EQ(path(), (Parts{{"outer", 8}, {"", 2}}));
}

TEST_F(CriticalPathsTest, HasEachOfARepeatedNodesExecutions) {
    begin_flow(0);
    node("fetch", 0, 10, Status::kFailed);
    node("fetch", 30, 40);
    end_flow(0, 40);
    EXPECT_EQ(path(), (Parts{{"fetch", 10}, {"fetch", 10}, {"", 20}}));
}

TEST_F(CriticalPathsTest, OfAWorkflowWithoutNodesIsTheEngines) {
    begin_flow(5);
    end_flow(5, 25);
    EXPECT_EQ(path(), (Parts{{"", 20}}));
}

TEST_F(CriticalPathsTest, AreOfSuccessfulWorkflowsOnly) {
    begin_flow(0);
    const auto open = begin_node("a", 0);
    end_flow(0, 10, Status::kFailed);
    end_node(open, "a", 0, 11);
    EXPECT_TRUE(decided().empty());
}

TEST_F(CriticalPathsTest, WaitForTheEndsOfNodesThatAreToldLater) {
    begin_flow(0);
    const auto late = begin_node("late", 2);
    end_flow(0, 10);
    EXPECT_TRUE(decided().empty());
    end_node(late, "late", 2, 9);
    EXPECT_EQ(path(), (Parts{{"late", 7}, {"", 3}}));
}

TEST_F(CriticalPathsTest, LeaveOutNodesThatOutliveTheWorkflow) {
    begin_flow(0);
    node("a", 0, 4);
    const auto after = begin_node("after", 3);
    end_flow(0, 10);
    EXPECT_TRUE(decided(0, 10 + CriticalPaths::kPatienceNs - 1).empty());
    EXPECT_EQ(path(10 + CriticalPaths::kPatienceNs), (Parts{{"a", 4}, {"", 6}}));
    end_node(after, "after", 3, 20);
    EXPECT_TRUE(decided().empty());
}

TEST_F(CriticalPathsTest, LeaveOutANodeThatEndedAfterTheWorkflow) {
    begin_flow(0);
    const auto after = begin_node("after", 3);
    end_flow(0, 10);
    end_node(after, "after", 3, 11);
    EXPECT_EQ(path(), (Parts{{"", 10}}));
}

TEST_F(CriticalPathsTest, TellExecutionsOfOneWorkflowApart) {
    begin_flow(0, 1);
    begin_flow(0, 2);
    const auto of_second = begin_node("b", 1, 2);
    end_flow(0, 5);
    EXPECT_EQ(path(), (Parts{{"", 5}}));
    end_node(of_second, "b", 1, 8);
    end_flow(0, 9, Status::kSuccess, 2);
    EXPECT_EQ(path(), (Parts{{"b", 7}, {"", 2}}));
}

TEST_F(CriticalPathsTest, AreNotKnownPastTheLimitOfNodes) {
    begin_flow(0);
    for (std::uint64_t i = 0; i < 5; ++i) node("n", 10 * i, 10 * i + 5);
    end_flow(0, 100);
    EXPECT_EQ(unknown(), PathUnknownReason::kTooManyNodes);
    begin_flow(200);
    for (std::uint64_t i = 0; i < 4; ++i) node("n", 210 + 10 * i, 215 + 10 * i);
    end_flow(200, 250);
    EXPECT_EQ(path().size(), 5U) << "what was kept for the first is free again";
}

TEST_F(CriticalPathsTest, AreNotKnownPastTheLimitOfNodesOfAll) {
    begin_flow(0, 1);
    begin_flow(0, 2);
    for (std::uint64_t i = 0; i < 4; ++i) node("n", 10 * i, 10 * i + 5);
    for (std::uint64_t i = 0; i < 3; ++i) {
        const auto token = begin_node("m", 10 * i, 2);
        end_node(token, "m", 10 * i, 10 * i + 5);
    }
    end_flow(0, 100, Status::kSuccess, 2);
    EXPECT_EQ(unknown(), PathUnknownReason::kTooManyNodes);
    end_flow(0, 100);
    EXPECT_EQ(path().size(), 5U);
}

TEST_F(CriticalPathsTest, AreNotKnownWhereANodesEndWasNotSeen) {
    begin_flow(0);
    end_node(begin_node("a", 1), "a", 1, 5, Status::kAborted, false);
    end_flow(0, 10);
    EXPECT_EQ(unknown(), PathUnknownReason::kEndNotSeen);
}

TEST_F(CriticalPathsTest, AreNotKnownWhileANodeMayBeOfAnyExecution) {
    begin_flow(0);
    enter(Started{.token = 7,
                  .tgid = kProcess,
                  .time_ns = 5,
                  .identity = NodeIdentity{"unnamed", "a", "Type"},
                  .workflow_missing = true});
    end_flow(0, 10);
    EXPECT_EQ(unknown(), PathUnknownReason::kNodeUnattributed);
    begin_flow(6);
    end_flow(6, 12);
    EXPECT_EQ(path(), (Parts{{"", 6}})) << "the next began after it";
}

// A workflow's begin may be told after those of its nodes.
TEST_F(CriticalPathsTest, AreNotKnownOfAWorkflowThatIsToldAfterSuchANode) {
    enter(Started{
        .token = 7, .tgid = kProcess, .time_ns = 5, .identity = NodeIdentity{}, .workflow_missing = true});
    begin_flow(2);
    end_flow(2, 10);
    EXPECT_EQ(unknown(), PathUnknownReason::kNodeUnattributed);
}

TEST_F(CriticalPathsTest, DoubtMoreThanNeededWhereThereAreTooManyProcesses) {
    const auto add_node_without_workflow = [this](std::uint32_t tgid) {
        enter(Started{
            .token = 7, .tgid = tgid, .time_ns = 5, .identity = NodeIdentity{}, .workflow_missing = true});
    };
    for (const std::uint32_t tgid : {1, 2}) add_node_without_workflow(tgid);
    begin_flow(0);
    end_flow(0, 10);
    EXPECT_EQ(path(), (Parts{{"", 10}}));
    begin_flow(0);
    add_node_without_workflow(3);
    end_flow(0, 10);
    EXPECT_EQ(unknown(), PathUnknownReason::kNodeUnattributed);
}

TEST_F(CriticalPathsTest, IgnoreNodesWithoutAWorkflow) {
    begin_flow(0);
    node("a", 0, 10);
    enter(Started{.token = 7, .tgid = kProcess, .time_ns = 5, .identity = NodeIdentity{"unnamed", "x", "T"}});
    end_flow(0, 10);
    EXPECT_EQ(path(), (Parts{{"a", 10}, {"", 0}}));
}

TEST_F(CriticalPathsTest, AreNotKnownOfWhatWasOpenWhenEventsWereLost) {
    begin_flow(0, 1);
    begin_flow(0, 2);
    end_flow(0, 10);
    EXPECT_EQ(unknown(1, 500), PathUnknownReason::kEventsLost);
    end_flow(0, 600, Status::kSuccess, 2);
    EXPECT_EQ(unknown(1, 700), PathUnknownReason::kEventsLost);
    begin_flow(800);
    end_flow(800, 810);
    const auto later = decided(1, 900);
    ASSERT_EQ(later.size(), 1U);
    EXPECT_TRUE(std::holds_alternative<CriticalPath>(later[0]));
}

TEST_F(CriticalPathsTest, AreNotKnownOfWhatWasOpenWhenABeginWasNotSeen) {
    begin_flow(0);
    enter(Unpaired{UnpairedReason::kEndWithoutBegin});
    end_flow(0, 10);
    EXPECT_EQ(unknown(), PathUnknownReason::kEventsLost);
}

TEST_F(CriticalPathsTest, AreKnownWhereAnExecutionWasUnderWayAtTheAttach) {
    begin_flow(0);
    enter(Unpaired{UnpairedReason::kInFlightAtAttach});
    end_flow(0, 10);
    EXPECT_EQ(path(), (Parts{{"", 10}}));
}

}  // namespace
}  // namespace flowtap::critical_paths_test
