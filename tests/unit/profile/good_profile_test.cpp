// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "profile/python_path.h"
#include "samples.h"

namespace flowtap::good_profile_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Profile parsed(std::string_view text) {
    auto loaded = parse_profile(text, "p.yaml");
    EXPECT_THAT(messages(loaded), IsEmpty());
    auto* profile = std::get_if<Profile>(&loaded);
    return profile == nullptr ? Profile{} : *profile;
}

const std::monostate kNothing;

TEST(GoodProfile, GivesTheHeadOfACPythonProfile) {
    const auto profile = parsed(kPython);
    EXPECT_EQ(profile.name, "engine");
    EXPECT_EQ(profile.source, "p.yaml");
    EXPECT_EQ(profile.runtime, Runtime::kCPython);
    EXPECT_THAT(profile.modules, ElementsAre("engine.runtime", "engine"));
    EXPECT_THAT(profile.binaries, IsEmpty());
    EXPECT_EQ(profile.points.size(), 2U);
}

TEST(GoodProfile, GivesExpectedHitsByVersion) {
    const auto profile = parsed(with(kPython, "points:",
                                     "expected_hits:\n"
                                     "  python:call-entry: {3.12: 20.5, 3.14: 17}\n"
                                     "  python:raised: 0\npoints:"));
    const ExpectedHits& hits = profile.expected_hits;
    EXPECT_EQ(hits.of("python:call-entry", 12), 20.5);
    EXPECT_EQ(hits.of("python:call-entry", 13), 20.5) << "it holds until the next version with a figure";
    EXPECT_EQ(hits.of("python:call-entry", 14), 17);
    EXPECT_EQ(hits.of("python:call-entry", 99), 17);
    EXPECT_EQ(hits.of("python:call-entry", 11), 20.5) << "older than all figures";
    EXPECT_EQ(hits.of("python:raised", 11), 0);
    EXPECT_EQ(hits.of("python:call-exit", 12), std::nullopt) << "no figure is not 0";
    EXPECT_TRUE(parsed(kPython).expected_hits.empty());
}

TEST(GoodProfile, GivesTheLimitsOfAPoint) {
    const auto profile =
        parsed(with(kPython, "    call: method\n", "    call: method\n    limits: [One., Two.]\n"));
    ASSERT_EQ(profile.points.size(), 2U);
    EXPECT_THAT(profile.points[0].limits, IsEmpty());
    EXPECT_THAT(profile.points[1].limits, ElementsAre("One.", "Two."));
}

TEST(GoodProfile, GivesACoroutineWorkflow) {
    const auto profile = parsed(kPython);
    ASSERT_EQ(profile.points.size(), 2U);
    const auto& point = profile.points[0];
    EXPECT_EQ(point.name, "run");
    EXPECT_EQ(point.kind, PointKind::kWorkflow);
    EXPECT_EQ(point.line, 5);
    EXPECT_EQ(point.function, (PythonFunction{"engine.runtime", "Runtime._run"}));
    EXPECT_EQ(point.call, CallShape::kCoroutine);
    EXPECT_FALSE(point.overrides);
    EXPECT_EQ(point.ids.workflow_id, (IdSource{PythonPath{"workflow", {{.name = "workflow_id"}}}}));
    EXPECT_EQ(point.ids.workflow_name, (IdSource{PythonPath{"workflow", {{.name = "name"}}}}));
    EXPECT_EQ(point.ids.node_id, IdSource{kNothing});
    EXPECT_EQ(point.node_type, PythonPath{});
    EXPECT_THAT(point.callers, IsEmpty());
}

TEST(GoodProfile, GivesAMethodNodeAndItsCallers) {
    const auto profile = parsed(kPython);
    ASSERT_EQ(profile.points.size(), 2U);
    const auto& point = profile.points[1];
    EXPECT_EQ(point.kind, PointKind::kNode);
    EXPECT_EQ(point.call, CallShape::kMethod);
    EXPECT_TRUE(point.overrides);
    EXPECT_EQ(point.node_type, (PythonPath{"self", {}}));
    EXPECT_EQ(point.ids.workflow_id, IdSource{kNothing});
    EXPECT_EQ(point.ids.node_id, (IdSource{PythonPath{"self", {{.name = "_node_id"}}}}));
    ASSERT_EQ(point.callers.size(), 1U);
    const auto& caller = point.callers[0];
    EXPECT_EQ(caller.line, 19);
    EXPECT_EQ(caller.function, (PythonFunction{"engine.runtime", "Runtime._run_node.<locals>.step"}));
    EXPECT_EQ(caller.ids.workflow_id, (IdSource{PythonPath{"workflow", {}}}));
    EXPECT_EQ(caller.ids.workflow_name, IdSource{kNothing});
    EXPECT_EQ(caller.ids.node_id, (IdSource{PythonPath{"a", {{.name = "b"}, {.name = "c"}, {.name = "d"}}}}));
}

PythonPath path_written(const std::string& text) {
    const auto profile = parsed(with(kPython, "self._node_id", text));
    const auto* path = std::get_if<PythonPath>(&profile.points.at(1).ids.node_id);
    return path == nullptr ? PythonPath{} : *path;
}

TEST(GoodProfile, GivesItemsOfPaths) {
    using enum PathStep::Kind;
    EXPECT_EQ(path_written("message.labels['queue']"),
              (PythonPath{"message", {{kAttribute, "labels", 0}, {kItem, "queue", 0}}}));
    EXPECT_EQ(path_written("args[0]"), (PythonPath{"args", {{kIndex, "", 0}}}));
    EXPECT_EQ(
        path_written("args[12].fn.__qualname__"),
        (PythonPath{"args", {{kIndex, "", 12}, {kAttribute, "fn", 0}, {kAttribute, "__qualname__", 0}}}));
    EXPECT_EQ(path_written("c[\"it's [1].x\"]"), (PythonPath{"c", {{kItem, "it's [1].x", 0}}}));
}

TEST(GoodProfile, WritesPathsAsTheyWereWritten) {
    for (const std::string text : {"self", "self._node_id", "a['b'][3].c", "c[\"it's\"]"})
        EXPECT_EQ(to_text(path_written(text)), text);
}

TEST(GoodProfile, GivesAPathToTheTypeOfANode) {
    const auto profile = parsed(with(kPython, "node_type: self", "node_type: self.task"));
    EXPECT_EQ(profile.points.at(1).node_type, (PythonPath{"self", {{.name = "task"}}}));
}

TEST(GoodProfile, GivesTheCarriersOfANode) {
    const auto profile = parsed(std::string(kPython) +
                                "    carriers:\n"
                                "      - function: engine.pool:Pool.run.<locals>.step\n"
                                "        node: node_instance\n");
    EXPECT_THAT(profile.points.at(0).carriers, IsEmpty());
    ASSERT_EQ(profile.points.at(1).carriers.size(), 1U);
    const auto& carrier = profile.points[1].carriers[0];
    EXPECT_EQ(carrier.function, (PythonFunction{"engine.pool", "Pool.run.<locals>.step"}));
    EXPECT_EQ(carrier.node, "node_instance");
    EXPECT_EQ(carrier.line, 23);
}

TEST(GoodProfile, GivesANativeProfile) {
    const auto profile = parsed(kNative);
    EXPECT_EQ(profile.runtime, Runtime::kNative);
    EXPECT_THAT(profile.binaries, ElementsAre("my-engine", "libengine.so.1"));
    EXPECT_THAT(profile.modules, IsEmpty());
    ASSERT_EQ(profile.points.size(), 2U);
    const auto& workflow = profile.points[0];
    EXPECT_EQ(workflow.symbol, "engine::Workflow::run");
    EXPECT_EQ(workflow.exit, ExitRule::kReturn);
    EXPECT_EQ(workflow.failure, FailureRule::kNever);
    EXPECT_EQ(workflow.ids.workflow_id, (IdSource{NativeArgument{5, NativeType::kUint64}}));
    const auto& node = profile.points[1];
    EXPECT_EQ(node.symbol, "engine_run_node");
    EXPECT_EQ(node.exit, ExitRule::kUretprobe);
    EXPECT_EQ(node.failure, FailureRule::kNonZero);
    EXPECT_EQ(node.ids.workflow_id, (IdSource{NativeArgument{0, NativeType::kCString}}));
    EXPECT_EQ(node.ids.node_id, (IdSource{NativeArgument{1, NativeType::kInt32}}));
}

TEST(GoodProfile, GivesAnInstanceThatIsCalled) {
    const std::string called = with(kPython, "Node.execute", "Node.__call__");
    const auto profile = parsed(with(called, "call: method", "call: instance"));
    ASSERT_EQ(profile.points.size(), 2u);
    EXPECT_EQ(profile.points[1].call, CallShape::kInstance);
    EXPECT_EQ(profile.points[1].function, (PythonFunction{"engine.nodes", "Node.__call__"}));
}

TEST(GoodProfile, GivesAVariableWhoseValuesAreExecutions) {
    const auto profile = parsed(kVariable);
    ASSERT_EQ(profile.points.size(), 1u);
    const Point& job = profile.points[0];
    EXPECT_EQ(job.call, CallShape::kVariable);
    EXPECT_EQ(job.function, (PythonFunction{"engine.job", "CURRENT"}));
    EXPECT_EQ(job.ids.workflow_id, (IdSource{PythonPath{"value", {{PathStep::Kind::kAttribute, "origin"}}}}));
    EXPECT_EQ(job.ids.node_id, (IdSource{PythonPath{"value", {}}}));
}

constexpr const char* kBetween = R"(profile: queue
runtime: cpython
modules: [queue.api]
points:
  - name: task
    kind: node
    call: between
    function: queue.api:Queue._execute
    begins_at: builtins:set.add
    ends_at: queue.api:Result
    node_id: task.name
    failed_with: local info.error
    ids_at: end
)";

TEST(GoodProfile, GivesAFunctionBetweenTwoCallsThatItMakes) {
    const auto profile = parsed(kBetween);
    ASSERT_EQ(profile.points.size(), 1u);
    const Point& task = profile.points[0];
    EXPECT_EQ(task.call, CallShape::kBetween);
    EXPECT_EQ(task.begins_at, (PythonFunction{"builtins", "set.add"}));
    EXPECT_EQ(task.ends_at, (PythonFunction{"queue.api", "Result"}));
    EXPECT_TRUE(task.ids_at_end);
    EXPECT_EQ(task.outcome,
              (OutcomeRule{
                  .local = "info", .steps = {{PathStep::Kind::kAttribute, "error"}}, .by_exception = true}));
}

TEST(GoodProfile, GivesTheFunctionWhoseCallIsAFailure) {
    for (const char* call : {"coroutine", "generator", "method"}) {
        const auto profile =
            parsed(with(kPython, "    call: method",
                        "    failed_by: my.engine:Node.on_error\n    call: " + std::string(call)));
        ASSERT_EQ(profile.points.size(), 2u) << call;
        EXPECT_EQ(profile.points[1].failed_by, (PythonFunction{"my.engine", "Node.on_error"}));
        EXPECT_FALSE(profile.points[0].failed_by);
    }
}

OutcomeRule outcome(const std::string& text) {
    const auto profile =
        parsed(with(kPython, "    call: method", "    failed_when: " + text + "\n    call: method"));
    return profile.points.size() == 2 ? profile.points[1].outcome.value_or(OutcomeRule{}) : OutcomeRule{};
}

TEST(GoodProfile, SaysWhichReturnedValueIsAFailure) {
    using Kind = PathStep::Kind;
    EXPECT_EQ(outcome("result == none"), OutcomeRule{});
    EXPECT_EQ(outcome("result['success'] == false"),
              (OutcomeRule{.steps = {{Kind::kItem, "success"}}, .value = "0"}));
    EXPECT_EQ(outcome("result[0].state != 'SUCCESS'"),
              (OutcomeRule{.steps = {{Kind::kIndex, "", 0}, {Kind::kAttribute, "state"}},
                           .differs = true,
                           .value = "SUCCESS"}));
    EXPECT_EQ(outcome("result.code==-12"),
              (OutcomeRule{.steps = {{Kind::kAttribute, "code"}}, .value = "-12"}));
}

TEST(GoodProfile, SaysWhichLocalIsAFailureAndWhatExceptionsMean) {
    const auto profile =
        parsed(with(kPython, "    call: coroutine",
                    "    call: coroutine\n    failed_when: local state == 'FAILURE'\n"
                    "    statuses: {Retry: success, Ignore: cancelled, TimeoutError: failed}"));
    ASSERT_EQ(profile.points.size(), 2u);
    EXPECT_EQ(profile.points[0].outcome, (OutcomeRule{.local = "state", .value = "FAILURE"}));
    EXPECT_EQ(profile.points[0].statuses,
              (std::map<std::string, ErrorStatus>{{"Retry", ErrorStatus::kSuccess},
                                                  {"Ignore", ErrorStatus::kCancelled},
                                                  {"TimeoutError", ErrorStatus::kFailed}}));
}

TEST(GoodProfile, TakesEveryWordOfItsVocabulary) {
    const auto node = [](std::string_view from, std::string_view to) {
        const auto profile = parsed(with(kNative, from, to));
        return profile.points.size() == 2 ? profile.points[1] : Point{};
    };
    EXPECT_EQ(node("nonzero", "never").failure, FailureRule::kNever);
    EXPECT_EQ(node("nonzero", "zero").failure, FailureRule::kZero);
    EXPECT_EQ(node("nonzero", "negative").failure, FailureRule::kNegative);
    EXPECT_EQ(node("uretprobe", "return").exit, ExitRule::kReturn);
    EXPECT_EQ(node("int32", "uint32").ids.node_id, (IdSource{NativeArgument{1, NativeType::kUint32}}));
    EXPECT_EQ(node("int32", "int64").ids.node_id, (IdSource{NativeArgument{1, NativeType::kInt64}}));
}

TEST(GoodProfile, NamesNativeValuesByPositionOrName) {
    const auto node_id = [](std::string_view source) {
        const auto loaded = parse_profile(with(kNative, "arg1   int32", source), "p.yaml");
        return std::get<Profile>(loaded).points.at(1).ids.node_id;
    };
    EXPECT_EQ(node_id("arg9 string_view"), (IdSource{NativeArgument{9, NativeType::kStringView}}));
    EXPECT_EQ(node_id("arg0->0x8->-16 string"), (IdSource{NativeArgument{0, NativeType::kString, {8, -16}}}));
    EXPECT_EQ(node_id("r9 str"), (IdSource{NativeArgument{0, NativeType::kStr, {}, 9}}));
    EXPECT_EQ(node_id("rdi->24 uint8"), (IdSource{NativeArgument{0, NativeType::kUint8, {24}, 7}}));
    EXPECT_EQ(node_id("id"), (IdSource{NativePath{"id", {}}}));
    EXPECT_EQ(node_id("this->spec_.id"), (IdSource{NativePath{"this", {"spec_", "id"}}}));
    EXPECT_EQ(node_id("ctx.workflow->id"), (IdSource{NativePath{"ctx", {"workflow", "id"}}}));
}

TEST(GoodProfile, MayKnowExecutionsByANumber) {
    const auto point = [](std::string_view text) {
        return parsed(with(kNative, "function: engine::Workflow::run", text)).points.at(0);
    };
    const Point one = point("function: engine::Workflow::run\n    key: arg0->8 pointer");
    EXPECT_EQ(one.keyed.key, (IdSource{NativeArgument{0, NativeType::kUint64, {8}}}));
    EXPECT_EQ(one.keyed.end, "");
    const Point two = point(
        "begin: engine::begin\n    end: engine::over\n    key: this->id_\n    end_key: arg1 int64\n    "
        "result: r");
    EXPECT_EQ(two.symbol, "engine::begin");
    EXPECT_EQ(two.keyed.end, "engine::over");
    EXPECT_EQ(two.keyed.key, (IdSource{NativePath{"this", {"id_"}}}));
    EXPECT_EQ(two.keyed.end_key, (IdSource{NativeArgument{1, NativeType::kInt64}}));
    EXPECT_EQ(two.keyed.result, (IdSource{NativePath{"r", {}}}));
    EXPECT_FALSE(two.markers.any());
    EXPECT_FALSE(point("begin: begin\n    end: over").keyed.is_keyed());
    EXPECT_TRUE(point("begin: engine:begin\n    end: engine:over").markers.any());
}

TEST(GoodProfile, MayShareAPartByAnAlias) {
    const auto text = with(kPython, "[engine.runtime, engine]", "&m [engine.runtime]");
    EXPECT_THAT(parsed(text).modules, ElementsAre("engine.runtime"));
    const auto aliased = with(with(kPython, "runtime: cpython", "runtime: &r cpython"), "overrides: true",
                              "overrides: &t true");
    EXPECT_EQ(parsed(aliased).points.size(), 2U);
    const auto name = with(with(kPython, "workflow.name", "&n workflow.name"), "workflow_id: workflow\n",
                           "workflow_id: *n\n");
    const auto profile = parsed(name);
    ASSERT_EQ(profile.points.size(), 2U);
    EXPECT_EQ(profile.points[1].callers.at(0).ids.workflow_id,
              (IdSource{PythonPath{"workflow", {{.name = "name"}}}}));
}

TEST(GoodProfile, MayHaveWindowsLineEnds) {
    std::string text;
    for (const char c : kPython) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
    const auto profile = parsed(text);
    ASSERT_EQ(profile.points.size(), 2U);
    EXPECT_EQ(profile.points[1].line, 11);
}

}  // namespace
}  // namespace flowtap::good_profile_test
