// SPDX-License-Identifier: Apache-2.0
// Points that can be observed by a ContextVar their function sets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "python_planned.h"

namespace flowtap::context_variable_test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string node_with(const std::string& variable, const std::string& more) {
    return "  - {name: node, kind: node, function: 'engine.core:Base.execute', call: method, overrides: "
           "true, "
           "node_type: self, context_variable: '" +
           variable + "'" + more + "}\n";
}

// The local that holds the token is another one here; what counts is that it is found.
const std::string kToken = ", context_token: self";

class ContextVariable : public PythonPlanTest {
protected:
    Plan plan_preferring(Preference preference, const std::string& variable = "engine.core:CURRENT",
                         const std::string& more = "") {
        Profile profile = engine_profile(node_with(variable, more));
        profile.expected_hits = expected_hits_;
        settings_.wishes.preference = preference;
        Result<Plan> planned = plan(std::vector{profile});
        if (!planned) ADD_FAILURE() << planned.error().message();
        return planned ? *std::move(planned) : Plan{};
    }
    ExpectedHits expected_hits_;
    static bool has(const Plan& plan, Program program) {
        return std::ranges::find(plan.probes, program, &PlannedProbe::program) != plan.probes.end();
    }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ContextVariable);
INSTANTIATE_TEST_SUITE_P(Found, ContextVariable, testing::ValuesIn(find_pythons(true)), python_test_name);

TEST_P(ContextVariable, IsOnlyNamedWhereAllIsToBeSeen) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const Plan plan = plan_preferring(Preference::kComplete, "engine.core:CURRENT", kToken);
    ASSERT_EQ(plan.points.size(), 1u);
    EXPECT_EQ(plan.points[0].mechanism(), PointMechanism::kMethodCalls);
    ASSERT_EQ(plan.points[0].rejected.size(), 1u);
    const Candidate& cheaper = plan.points[0].rejected[0];
    EXPECT_EQ(cheaper.mechanism, PointMechanism::kContextVariable);
    EXPECT_EQ(cheaper.exactness, Exactness::kCounts);
    EXPECT_FALSE(cheaper.expected) << "this engine was not measured";
    EXPECT_FALSE(plan.points[0].expected());
    EXPECT_TRUE(has(plan, Program::kPythonCallEntry));
    EXPECT_FALSE(has(plan, Program::kPythonVariableSet));
    EXPECT_EQ(code_named(plan, "CURRENT"), nullptr);
}

ExpectedHits measured_hits() {
    ExpectedHits hits;
    for (const char* call : {"python:call-entry", "python:call-exit"}) hits.add(call, 0, 20);
    for (const char* rare : {"python:variable-set", "python:variable-reset", "python:raised"})
        hits.add(rare, 0, 1);
    return hits;
}

TEST_P(ContextVariable, HasTheCostsOfTheProfile) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    expected_hits_ = measured_hits();
    const Plan plan = plan_preferring(Preference::kComplete, "engine.core:CURRENT", kToken);
    ASSERT_EQ(plan.points.size(), 1u);
    ASSERT_EQ(plan.points[0].rejected.size(), 1u);
    EXPECT_EQ(plan.points[0].mechanism(), PointMechanism::kMethodCalls);
    ASSERT_TRUE(plan.points[0].expected());
    EXPECT_DOUBLE_EQ(plan.points[0].expected()->hits, 40);
    ASSERT_TRUE(plan.points[0].rejected[0].expected);
    EXPECT_LT(plan.points[0].rejected[0].expected->microseconds, plan.points[0].expected()->microseconds);
}

TEST_P(ContextVariable, TakesThePlaceOfCallsWherePreferredAndSaysWhatItMisses) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const Plan plan = plan_preferring(Preference::kCheap, "engine.core:CURRENT", kToken);
    ASSERT_EQ(plan.points.size(), 1u);
    EXPECT_EQ(plan.points[0].mechanism(), PointMechanism::kContextVariable);
    EXPECT_EQ(plan.points[0].exactness(), Exactness::kCounts);
    EXPECT_THAT(plan.points[0].warnings, ElementsAre(HasSubstr("another kind of function")))
        << "every other execution is counted";
    EXPECT_THAT(plan.points[0].notes,
                Contains(HasSubstr("durations last from the variable's set to its reset; failures outside of "
                                   "that have no duration")));
    EXPECT_TRUE(has(plan, Program::kPythonVariableSet));
    EXPECT_TRUE(has(plan, Program::kPythonVariableReset));
    const PlannedCode* variable = code_named(plan, "CURRENT");
    ASSERT_NE(variable, nullptr);
    EXPECT_EQ(variable->roles, (CodeRoles{CodeRole::kVariable}));
    const PlannedCode* setter = code_named(plan, "Base.execute");
    ASSERT_NE(setter, nullptr);
    EXPECT_EQ(setter->roles, (CodeRoles{CodeRole::kNode, CodeRole::kSetter}));
    EXPECT_EQ(setter->token_slot, 0);
    EXPECT_EQ(setter->object_slot, 0);
    EXPECT_TRUE(has(plan, Program::kPythonRaised));
}

TEST_P(ContextVariable, IsPassedOverWhereNoTokenShowsFailuresOutsideOfIt) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const Plan plan = plan_preferring(Preference::kCheap);
    ASSERT_EQ(plan.points.size(), 1u);
    EXPECT_EQ(plan.points[0].mechanism(), PointMechanism::kMethodCalls);
    ASSERT_EQ(plan.points[0].rejected.size(), 1u);
    EXPECT_EQ(plan.points[0].rejected[0].exactness, Exactness::kIncomplete);
    EXPECT_THAT(plan.points[0].rejected[0].misses, HasSubstr("validation"));
    EXPECT_FALSE(has(plan, Program::kPythonVariableSet));
}

TEST_P(ContextVariable, SeesTheCallsOfOverridesBeforeThereAreObjects) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script("wait('first')\nengine.Left()")));
    expected_hits_ = measured_hits();
    const Plan plan = plan_preferring(Preference::kCheap, "engine.core:CURRENT", kToken);
    ASSERT_EQ(plan.points.size(), 1u);
    EXPECT_EQ(plan.points[0].mechanism(), PointMechanism::kContextVariable);
    EXPECT_THAT(
        plan.points[0].notes,
        Contains(testing::MatchesRegex("by bound-method calls from C, not the variable: .*Left.execute.*")));
    EXPECT_THAT(
        plan.points[0].notes,
        Contains(testing::MatchesRegex("for the calls of overrides each execution costs about [0-9]+ hits, "
                                       ".* us more")));
    expected_hits_ = {};
    EXPECT_THAT(plan_preferring(Preference::kCheap, "engine.core:CURRENT", kToken).points.at(0).notes,
                Not(Contains(HasSubstr("for the calls of overrides"))))
        << "this engine was not measured";
    ASSERT_NE(code_named(plan, "Left.execute"), nullptr);
    EXPECT_EQ(code_named(plan, "Left.execute")->roles, (CodeRoles{CodeRole::kNode}));
    EXPECT_TRUE(has(plan, Program::kPythonCallEntry));
    EXPECT_TRUE(has(plan, Program::kPythonVariableSet));
    EXPECT_TRUE(plan.signs.unchanged(memory()));
    ASSERT_NO_FATAL_FAILURE(go_on());
    EXPECT_TRUE(plan.signs.unchanged(memory())) << "an object changes nothing that is observed";
}

TEST_P(ContextVariable, SeesTheCallsOfAClassThatIsDefinedLater) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(R"PY(
wait('first')
class Late(engine.Base):
    def execute(self, **runtime_inputs):
        return 5
)PY")));
    const Plan before = plan_preferring(Preference::kCheap, "engine.core:CURRENT", kToken);
    ASSERT_NO_FATAL_FAILURE(go_on());
    EXPECT_FALSE(before.signs.unchanged(memory()));
    const Plan after = plan_preferring(Preference::kCheap, "engine.core:CURRENT", kToken);
    EXPECT_NE(code_named(after, "Late.execute"), nullptr);
}

TEST_P(ContextVariable, LeavesOverridesThatPassOnToIt) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script("engine.Left()")));
    const Plan plan = plan_preferring(Preference::kCheap, "engine.core:CURRENT",
                                      kToken + ", passing_on: ['engine.core:Left.execute']");
    const PlannedCode* passing = code_named(plan, "Left.execute");
    ASSERT_NE(passing, nullptr);
    EXPECT_EQ(passing->roles, (CodeRoles{CodeRole::kPassing})) << "it begins nothing itself";
}

TEST_P(ContextVariable, IsPassedOverWhereTheModuleHasNone) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    for (const char* other : {"engine.core:MISSING", "engine.core:plain", "engine.nowhere:CURRENT"}) {
        const Plan plan = plan_preferring(Preference::kCheap, other);
        ASSERT_EQ(plan.points.size(), 1u) << other;
        EXPECT_EQ(plan.points[0].mechanism(), PointMechanism::kMethodCalls) << other;
        ASSERT_EQ(plan.points[0].rejected.size(), 1u) << other;
        EXPECT_EQ(plan.points[0].rejected[0].absent,
                  "this process has no " + std::string(other) + " that it sets");
    }
}

TEST_P(ContextVariable, IsProbedByEmulatedInstructions) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const Plan plan = plan_preferring(Preference::kCheap, "engine.core:CURRENT", kToken);
    EXPECT_TRUE(has(plan, Program::kPythonVariableSet));
    for (const PlannedProbe& probe : plan.probes) {
        if (!probe.name.starts_with("python:variable-")) continue;
        EXPECT_EQ(probe.cost, SiteCost::kEmulated) << probe.name << ": " << probe.why;
        ASSERT_NE(probe.as<VariableChange>(), nullptr) << probe.name;
        EXPECT_EQ(probe.as<VariableChange>()->variable, Register::kRdi) << probe.name;
    }
}

}  // namespace
}  // namespace flowtap::context_variable_test
