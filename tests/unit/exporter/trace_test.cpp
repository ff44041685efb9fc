// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "exporter/trace/trace_file.h"
#include "exporter/trace/trace_lanes.h"

namespace flowtap::trace_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Json = nlohmann::json;

Started started(std::uint64_t token, std::uint64_t time_ns, Identity identity = WorkflowIdentity{"w"}) {
    Started outcome;
    outcome.token = token;
    outcome.tid = 7;
    outcome.time_ns = time_ns;
    outcome.identity = std::move(identity);
    return outcome;
}

Ended ended(std::uint64_t token, std::uint64_t end_ns, Status status = Status::kSuccess) {
    Ended outcome;
    outcome.token = token;
    outcome.end_ns = end_ns;
    outcome.status = status;
    return outcome;
}

TEST(TraceRecording, PairsBeginsAndEnds) {
    TraceRecording recording;
    Ended failed = ended(1, 50, Status::kFailed);
    failed.error_type = "ValueError";
    Ended lost = ended(2, 60, Status::kAborted);
    lost.duration_known = false;
    recording.record(std::vector<Outcome>{started(1, 10), started(2, 20), failed, Unpaired{}, lost});
    const std::vector<TraceSpan> spans = std::move(recording).finish(100);
    ASSERT_EQ(spans.size(), 2U);
    EXPECT_EQ(spans[0].begin_ns, 10U);
    EXPECT_EQ(spans[0].end_ns, 50U);
    EXPECT_EQ(spans[0].status, Status::kFailed);
    EXPECT_EQ(spans[0].error_type, "ValueError");
    EXPECT_TRUE(spans[0].end_seen);
    EXPECT_FALSE(spans[1].end_seen);
}

TEST(TraceRecording, EndsWhatIsStillOpenWithoutAStatus) {
    TraceRecording recording;
    recording.record(std::vector<Outcome>{started(1, 10), ended(9, 20)});
    const std::vector<TraceSpan> spans = std::move(recording).finish(100);
    ASSERT_EQ(spans.size(), 1U);
    EXPECT_EQ(spans[0].end_ns, 100U);
    EXPECT_FALSE(spans[0].status.has_value());
}

TEST(TraceRecording, PutsANodeIntoTheOnlyOpenExecutionOfItsWorkflow) {
    TraceRecording recording;
    const NodeIdentity node{"w", "n", "T"};
    Started told = started(7, 15, node);
    told.workflow_token = 99;
    recording.record(std::vector<Outcome>{started(1, 10), started(2, 11, WorkflowIdentity{"other"}),
                                          started(3, 12, node), ended(3, 13), told, ended(7, 16)});
    recording.record(std::vector<Outcome>{started(4, 20), started(5, 21, node), ended(5, 22)});
    recording.record(std::vector<Outcome>{ended(1, 30), ended(4, 31), started(6, 32, node), ended(6, 33)});
    std::vector<std::pair<std::uint64_t, std::uint64_t>> nodes;  // token, its workflow's
    for (const TraceSpan& span : std::move(recording).finish(100))
        if (std::holds_alternative<NodeIdentity>(span.identity))
            nodes.emplace_back(span.token, span.workflow_token);
    EXPECT_THAT(nodes, ElementsAre(testing::Pair(3, 1), testing::Pair(7, 99), testing::Pair(5, 0),
                                   testing::Pair(6, 0)))
        << "one open; told; two open; none open";
}

TEST(TraceRecording, MarksWhatBoundedTheWallTimeOfItsWorkflow) {
    TraceRecording recording;
    const NodeIdentity node{"w", "n", "T"};
    CriticalPath path{.token = 1, .identity = WorkflowIdentity{"w"}};
    path.steps = {{2, 15, 25, node}};
    recording.record(std::vector<Outcome>{started(1, 10), started(2, 15, node), started(3, 16, node),
                                          ended(3, 20), ended(2, 25), ended(1, 30), path, PathUnknown{}});
    for (const TraceSpan& span : std::move(recording).finish(100))
        EXPECT_EQ(span.on_critical_path, span.token == 2) << span.token;
}

TEST(TraceRecording, CountsWhatItHasNoRoomFor) {
    TraceRecording recording(2);
    recording.record(
        std::vector<Outcome>{started(1, 10), started(2, 11), ended(1, 12), started(3, 13), ended(3, 14)});
    EXPECT_EQ(recording.left_out(), 1U);
    EXPECT_EQ(std::move(recording).finish(100).size(), 2U);
}

TraceSpan span(std::uint64_t token, std::uint64_t begin_ns, std::uint64_t end_ns) {
    TraceSpan span;
    span.token = token;
    span.tid = 7;
    span.begin_ns = begin_ns;
    span.end_ns = end_ns;
    span.status = Status::kSuccess;
    span.identity = WorkflowIdentity{"w"};
    return span;
}

std::vector<std::vector<std::uint64_t>> lane_tokens(const std::vector<TraceSpan>& spans) {
    std::vector<const TraceSpan*> pointers;
    for (const TraceSpan& one : spans) pointers.push_back(&one);
    std::vector<std::vector<std::uint64_t>> tokens;
    for (const Lane& lane : lanes_of(std::move(pointers))) {
        tokens.emplace_back();
        for (const TraceSpan* one : lane) tokens.back().push_back(one->token);
    }
    return tokens;
}

TEST(TraceLanes, AreOneForSpansThatNestOrAreApart) {
    EXPECT_THAT(
        lane_tokens({span(3, 20, 30), span(1, 0, 100), span(2, 10, 40), span(4, 40, 100), span(5, 100, 110)}),
        ElementsAre(ElementsAre(1, 2, 3, 4, 5)));
    EXPECT_THAT(lane_tokens({}), IsEmpty());
}

TEST(TraceLanes, AreAsManyAsSpansOverlapWithoutNesting) {
    EXPECT_THAT(
        lane_tokens({span(1, 0, 100), span(2, 10, 50), span(3, 20, 60), span(4, 30, 70), span(5, 60, 80)}),
        ElementsAre(ElementsAre(1, 2, 5), ElementsAre(3), ElementsAre(4)));
}

TEST(TraceLanes, OfEqualSpansNestByToken) {
    EXPECT_THAT(lane_tokens({span(2, 5, 5), span(1, 5, 5), span(3, 5, 9)}),
                ElementsAre(ElementsAre(3, 1, 2)));
}

TEST(TraceLanes, AreBounded) {
    std::vector<TraceSpan> spans;
    for (std::uint64_t i = 0; i < kMaxSharedLanes + 10; ++i) spans.push_back(span(i, i, 10'000 + i));
    EXPECT_EQ(lane_tokens(spans).size(), kMaxSharedLanes + 10);
}

class TraceFile : public testing::Test {
protected:
    Json events(const std::vector<TraceSpan>& spans) {
        std::ostringstream out;
        write_trace(out, info_, spans);
        EXPECT_NE(out.str().find("\"displayTimeUnit\": \"ms\",\n\"otherData\": {"), std::string::npos);
        whole_ = Json::parse(out.str());
        Json events = Json::array();
        for (const Json& event : whole_.at("traceEvents"))
            if (event.at("ph") != "M") events.push_back(event);
        return events;
    }

    TraceInfo info_{.version = "1",
                    .pid = 5,
                    .executable = "engine x",
                    .begin_ns = 1000,
                    .events_lost = 3,
                    .left_out = 4};
    Json whole_;
};

TEST_F(TraceFile, HoldsACallAsOneEventOnItsThread) {
    TraceSpan node = span(2, 2000, 3500);
    node.identity = NodeIdentity{"w", "n", "T"};
    node.status = Status::kFailed;
    node.error_type = "ValueError";
    const Json found = events({node});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0], Json::parse(R"({"ph": "X", "name": "n", "cat": "node", "pid": 5, "tid": 7, "ts": 1.0,
        "dur": 1.5, "args": {"workflow_id": "w", "node_id": "n", "node_type": "T", "status": "failed",
        "error_type": "ValueError"}})"));
    EXPECT_EQ(whole_.at("otherData"), Json::parse(R"({"flowtap": "1", "events_lost": 3, "left_out": 4})"));
}

TEST_F(TraceFile, IsSummedUpInALine) {
    EXPECT_EQ(trace_summary("x.json", 7, info_),
              "wrote x.json: 7 executions, 3 events lost, 4 executions left out: the recording was full");
    info_.left_out = 0;
    EXPECT_EQ(trace_summary("x.json", 7, info_), "wrote x.json: 7 executions, 3 events lost");
    info_.events_lost = info_.left_out = 1;
    EXPECT_EQ(trace_summary("x.json", 1, info_),
              "wrote x.json: 1 execution, 1 event lost, 1 execution left out: the recording was full");
}

TEST_F(TraceFile, NamesProcessAndThreads) {
    events({span(1, 1000, 2000)});
    const Json& all = whole_.at("traceEvents");
    EXPECT_EQ(all.at(0).at("args").at("name"), "engine x");
    EXPECT_EQ(all.at(1).at("name"), "thread_name");
    EXPECT_EQ(all.at(1).at("tid"), 7);
}

TEST_F(TraceFile, HoldsCoroutinesAsPairsThatNestInTheirWorkflow) {
    TraceSpan workflow = span(1, 1000, 9000);
    TraceSpan first = span(2, 2000, 5000);
    TraceSpan second = span(3, 3000, 6000);
    for (TraceSpan* one : {&workflow, &first, &second}) one->coroutine = true;
    first.workflow_token = second.workflow_token = 1;
    const Json found = events({first, second, workflow});
    std::vector<std::string> lines;
    for (const Json& event : found)
        lines.push_back(event.at("ph").get<std::string>() + " " + event.at("id").get<std::string>() + " " +
                        std::to_string(event.at("ts").get<int>()));
    EXPECT_THAT(lines, ElementsAre("b 1.0 0", "b 1.0 1", "e 1.0 4", "e 1.0 8", "b 1.1 2", "e 1.1 5"));
}

TEST_F(TraceFile, SaysWhatIsNotKnown) {
    TraceSpan open = span(1, 1000, 2000);
    open.status.reset();
    TraceSpan unseen = span(2, 3000, 4000);
    unseen.status = Status::kAborted;
    unseen.end_seen = false;
    const Json found = events({open, unseen});
    EXPECT_EQ(found.at(0).at("args").at("status"), "active");
    EXPECT_EQ(found.at(1).at("args").at("end"), "not seen");
}

TEST_F(TraceFile, IsJsonWhateverATargetIsCalled) {
    info_.executable = "\xff\"\n\\";
    TraceSpan odd = span(1, 1000, 2000);
    odd.identity = WorkflowIdentity{"\xc3\"\x01"};
    EXPECT_EQ(events({odd}).size(), 1U);
    EXPECT_THAT(events({}), IsEmpty());
}

}  // namespace
}  // namespace flowtap::trace_test
