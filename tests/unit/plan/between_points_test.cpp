// SPDX-License-Identifier: Apache-2.0
// Points that lie between two calls which their function makes, in live interpreters.
#include "python_planned.h"

namespace flowtap::between_points_test {
namespace {

using testing::HasSubstr;

constexpr const char* kSettled = R"(
  - name: task
    kind: node
    call: between
    function: engine.core:plain
    begins_at: codecs:CodecInfo
    ends_at: builtins:set.remove
    node_id: first
    failed_with: local key.args[0]
)";

class BetweenPoints : public PythonPlanTest {
protected:
    Plan planned(std::string from = "", const std::string& to = "") {
        std::string points = kSettled;
        if (!from.empty()) points.replace(points.find(from), from.size(), to);
        Result<Plan> made = plan(points);
        if (!made) ADD_FAILURE() << made.error().message();
        return made ? *std::move(made) : Plan{};
    }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(BetweenPoints);
INSTANTIATE_TEST_SUITE_P(Found, BetweenPoints, testing::ValuesIn(find_pythons(true)), python_test_name);

TEST_P(BetweenPoints, AreSeenAtTheCallsWithoutHardwareWatches) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const Plan plan = planned();
    ASSERT_EQ(plan.points.size(), 1u);
    ASSERT_TRUE(plan.points[0].is_observed()) << plan.points[0].why_not();
    EXPECT_EQ(plan.points[0].exactness(), Exactness::kExact);
    EXPECT_TRUE(plan.watches.empty());
    ASSERT_EQ(plan.probes.size(), 2u);
    for (const PlannedProbe& probe : plan.probes) {
        EXPECT_EQ(probe.program(), Program::kPythonMark);
        ASSERT_NE(probe.as<MarkingSite>(), nullptr);
    }
    const PlannedCode* function = code_named(plan, "plain");
    const PlannedCode* begin = code_named(plan, "CodecInfo");
    ASSERT_TRUE(function != nullptr && begin != nullptr);
    EXPECT_EQ(function->roles, (CodeRoles{CodeRole::kNode, CodeRole::kWatched}));
    EXPECT_EQ(begin->roles, (CodeRoles{CodeRole::kMark}));
    const auto* calls = std::get_if<CallsBetween>(&function->calls);
    ASSERT_NE(calls, nullptr);
    EXPECT_EQ(calls->begins_at, begin->address);
    EXPECT_TRUE(std::ranges::any_of(plan.probes, [&](const PlannedProbe& probe) {
        return probe.address == calls->ends_at && !probe.as<MarkingSite>()->type;
    }));
    const auto& outcome = plan.points[0].outcome;
    ASSERT_TRUE(outcome && outcome->slot && outcome->path);
    EXPECT_EQ(outcome->path->steps.size(), 2u);
}

TEST_P(BetweenPoints, WaitForTheModulesOfTheirCallsAndSayWhatIsNoCall) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const auto why_not = [&](const std::string& callee, bool pending) {
        const Plan plan = planned("codecs:CodecInfo", callee);
        EXPECT_FALSE(plan.points.at(0).is_observed());
        EXPECT_EQ(plan.points.at(0).is_waiting(), pending) << callee;
        return plan.points.at(0).why_not();
    };
    EXPECT_THAT(why_not("engine.nowhere:Left", true), HasSubstr("module engine.nowhere is not imported"));
    EXPECT_THAT(why_not("engine.core:Lefd", false), HasSubstr("there is no 'Lefd'"));
    EXPECT_THAT(why_not("engine.core:CURRENT", false),
                HasSubstr("begins_at: it is neither a class nor a function written in C"));
    EXPECT_THAT(why_not("builtins:set.push", false), HasSubstr("no method of that name"));
}

TEST_P(BetweenPoints, MayReadTheirIdsAtTheEnd) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const Plan plan = planned("    node_id: first", "    node_id: first\n    ids_at: end");
    EXPECT_TRUE(plan.points.at(0).is_observed());
    const PlannedCode* function = code_named(plan, "plain");
    ASSERT_NE(function, nullptr);
    EXPECT_EQ(function->roles, (CodeRoles{CodeRole::kNode, CodeRole::kWatched, CodeRole::kLateIds}));
}

// Calls that pass no single place of the interpreter.
TEST_P(BetweenPoints, RefuseCallsThatMayBeMadeInOtherPlaces) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const auto why_not = [&](const std::string& callee) {
        const Plan plan = planned("codecs:CodecInfo", callee);
        EXPECT_FALSE(plan.points.at(0).is_observed()) << callee;
        EXPECT_TRUE(plan.probes.empty()) << callee;
        return plan.points.at(0).why_not();
    };
    EXPECT_THAT(
        why_not("engine.core:Left"),
        HasSubstr(
            "engine.core:Left: the class has no __new__() of its own, and CPython creates such objects in "
            "several places (name a class that has one, such as a namedtuple, or a function written in C)"));
    EXPECT_THAT(why_not("builtins:dict"), HasSubstr("builtins:dict: the class has no __new__() of its own"));
    for (const char* callee : {"builtins:len", "builtins:list.append", "builtins:str"})
        EXPECT_THAT(why_not(callee), HasSubstr("CPython's evaluation loop does the work of this call itself, "
                                               "without calling it (name another "
                                               "function or class)"))
            << callee;
}

TEST_P(BetweenPoints, RefuseFunctionsOfOtherFiles) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(R"PY(
import importlib
shared = ''
for module, function in (('_ctypes', 'sizeof'), ('_json', 'scanstring'), ('math', 'sqrt')):
    try:
        if hasattr(importlib.import_module(module), '__file__'): shared = module + ':' + function
    except ImportError:
        pass
print('shared', shared or 'none', flush=True)
)PY")));
    const std::string callee = python().text("shared");
    if (callee == "none") GTEST_SKIP() << "missing: a module in a file of its own";
    const Plan plan = planned("codecs:CodecInfo", callee);
    EXPECT_THAT(plan.points.at(0).why_not(),
                testing::EndsWith("find probe sites in " + callee +
                                  ": its code is not in the interpreter's own file (name a class, or another "
                                  "function)"));
}

}  // namespace
}  // namespace flowtap::between_points_test
