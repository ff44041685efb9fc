// SPDX-License-Identifier: Apache-2.0
// Points that can be observed by a ContextVar their function sets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "python_planned.h"

namespace flowtap {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

std::string node_with(const std::string& variable) {
    return "  - {name: node, kind: node, function: 'engine.core:Base.execute', call: method, overrides: "
           "true, "
           "node_type: self, context_variable: '" +
           variable + "'}\n";
}

class ContextVariable : public PythonPlanTest {
protected:
    Plan plan_preferring(bool cheap, const std::string& variable = "engine.core:CURRENT") {
        Profile profile = engine_profile(node_with(variable));
        profile.points.at(0).prefer_variable = cheap;
        Result<Plan> planned = plan(std::vector{profile});
        if (!planned) ADD_FAILURE() << planned.error().message();
        return planned ? *std::move(planned) : Plan{};
    }
    static bool has(const Plan& plan, Program program) {
        return std::ranges::find(plan.probes, program, &PlannedProbe::program) != plan.probes.end();
    }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ContextVariable);
INSTANTIATE_TEST_SUITE_P(Found, ContextVariable, testing::ValuesIn(find_pythons(true)), python_test_name);

TEST_P(ContextVariable, IsOnlyNamedWhereAllIsToBeSeen) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const Plan plan = plan_preferring(false);
    ASSERT_EQ(plan.points.size(), 1u);
    EXPECT_EQ(plan.points[0].mechanism, "bound-method calls");
    EXPECT_THAT(plan.points[0].cheaper, HasSubstr("CURRENT"));
    EXPECT_TRUE(has(plan, Program::kPythonCallEntry));
    EXPECT_FALSE(has(plan, Program::kPythonVariableSet));
    EXPECT_EQ(code_named(plan, "CURRENT"), nullptr);
}

TEST_P(ContextVariable, TakesThePlaceOfCallsWherePreferredAndSaysWhatItMisses) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const Plan plan = plan_preferring(true);
    ASSERT_EQ(plan.points.size(), 1u);
    EXPECT_EQ(plan.points[0].mechanism, "context variable");
    EXPECT_THAT(plan.points[0].warnings, Contains(HasSubstr("validation")));
    EXPECT_THAT(plan.points[0].warnings, Contains(HasSubstr("Left.execute"))) << "an override of its own";
    EXPECT_TRUE(has(plan, Program::kPythonVariableSet));
    EXPECT_TRUE(has(plan, Program::kPythonVariableReset));
    EXPECT_FALSE(has(plan, Program::kPythonCallEntry));
    EXPECT_FALSE(has(plan, Program::kPythonCallExit));
    const PlannedCode* variable = code_named(plan, "CURRENT");
    ASSERT_NE(variable, nullptr);
    EXPECT_EQ(variable->roles, FT_CODE_VARIABLE);
    const PlannedCode* setter = code_named(plan, "Base.execute");
    ASSERT_NE(setter, nullptr);
    EXPECT_EQ(setter->roles, FT_CODE_NODE);
    EXPECT_EQ(setter->object_slot, 0);
    EXPECT_EQ(code_named(plan, "Left.execute"), nullptr);
}

TEST_P(ContextVariable, IsPassedOverWhereTheModuleHasNone) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    for (const char* other : {"engine.core:MISSING", "engine.core:plain", "engine.nowhere:CURRENT"}) {
        const Plan plan = plan_preferring(true, other);
        ASSERT_EQ(plan.points.size(), 1u) << other;
        EXPECT_EQ(plan.points[0].mechanism, "bound-method calls") << other;
        EXPECT_THAT(plan.points[0].cheaper, IsEmpty()) << other;
    }
}

TEST_P(ContextVariable, IsProbedByEmulatedInstructions) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    for (const PlannedProbe& probe : plan_preferring(true).probes) {
        EXPECT_EQ(probe.cost, SiteCost::kEmulated) << probe.name << ": " << probe.why;
        EXPECT_EQ(probe.object_register, static_cast<std::uint8_t>(Register::kRdi)) << probe.name;
    }
}

}  // namespace
}  // namespace flowtap
