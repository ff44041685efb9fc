// SPDX-License-Identifier: Apache-2.0
// Points that are about the values of a ContextVar, in live interpreters.
#include <set>

#include "python_planned.h"

namespace flowtap::variable_points_test {
namespace {

using testing::HasSubstr;

constexpr const char* kCurrent = R"(
  - name: job
    kind: node
    call: variable
    variable: engine.core:CURRENT
    workflow_id: value.origin
    node_id: value
)";

class VariablePoints : public PythonPlanTest {
protected:
    Plan planned(const std::string& points) {
        Result<Plan> made = plan(points);
        if (!made) ADD_FAILURE() << made.error().message();
        return made ? *std::move(made) : Plan{};
    }
    static std::vector<PlannedProbe> probes(const Plan& plan, Program program) {
        std::vector<PlannedProbe> found;
        std::ranges::copy_if(plan.probes, std::back_inserter(found),
                             [&](const PlannedProbe& one) { return one.program() == program; });
        return found;
    }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(VariablePoints);
INSTANTIATE_TEST_SUITE_P(Found, VariablePoints, testing::ValuesIn(find_pythons(true)), python_test_name);

TEST_P(VariablePoints, AreSeenWhereTheVariableIsSetAndReset) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const Plan plan = planned(kCurrent);
    ASSERT_EQ(plan.points.size(), 1u);
    ASSERT_TRUE(plan.points[0].is_observed()) << plan.points[0].why_not();
    EXPECT_EQ(plan.points[0].exactness(), Exactness::kExact);
    EXPECT_TRUE(plan.watches.empty());
    const PlannedCode* variable = code_named(plan, "CURRENT");
    ASSERT_NE(variable, nullptr);
    EXPECT_EQ(variable->roles, (CodeRoles{CodeRole::kContext, CodeRole::kNode}));
    EXPECT_EQ(variable->workflow_id->variable.position, 0);
    ASSERT_EQ(variable->workflow_id->steps.size(), 1u);
    EXPECT_EQ(variable->workflow_id->steps[0].step.name, "origin");
    ASSERT_TRUE(variable->node_id);
    EXPECT_EQ(variable->node_id->variable.position, 0);
    EXPECT_TRUE(variable->node_id->steps.empty());
    EXPECT_EQ(probes(plan, Program::kPythonContextDestroyed).size(), 1u);
}

// Two emulated hits for each execution.
TEST_P(VariablePoints, CostOneEmulatedHitAtEachEnd) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const Plan plan = planned(kCurrent);
    for (const Program program : {Program::kPythonContextSet, Program::kPythonVariableReset}) {
        const auto found = probes(plan, program);
        ASSERT_EQ(found.size(), 1u) << program_name(program);
        EXPECT_EQ(found[0].cost, SiteCost::kEmulated) << program_name(program);
    }
    const auto set = probes(plan, Program::kPythonContextSet).at(0);
    const auto* registers = set.as<ContextChange>();
    ASSERT_NE(registers, nullptr);
    EXPECT_EQ((std::set{registers->variable, registers->value, registers->token}).size(), 3u);
}

TEST_P(VariablePoints, WaitForTheirModuleAndSayWhatIsNoVariable) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const auto why_not = [&](const std::string& variable) {
        std::string points = kCurrent;
        points.replace(points.find("engine.core:CURRENT"), 19, variable);
        const Plan plan = planned(points);
        EXPECT_FALSE(plan.points.at(0).is_observed());
        EXPECT_EQ(plan.points.at(0).is_waiting(), variable == "engine.nowhere:CURRENT");
        return plan.points.at(0).why_not();
    };
    EXPECT_THAT(why_not("engine.nowhere:CURRENT"), HasSubstr("engine.nowhere is not imported yet"));
    EXPECT_THAT(why_not("engine.core:MISSING"), HasSubstr("there is no 'MISSING'"));
    EXPECT_THAT(why_not("engine.core:plain"), HasSubstr("it is not a ContextVar"));
}

}  // namespace
}  // namespace flowtap::variable_points_test
