// SPDX-License-Identifier: Apache-2.0
// Points in processes that have several interpreters.
#include "plan/python/interpreter_plans.h"

#include "process/metered_memory.h"
#include "python_planned.h"

namespace flowtap::interpreter_plans_test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr const char* kNode = R"(
  - name: node
    kind: node
    function: engine.core:Base.execute
    call: method
    overrides: true
    node_type: self
)";

class InterpreterPlans : public PythonPlanTest {
protected:
    // The interpreters that have a function's code among the plan's; a method's name is another entry.
    static std::vector<std::uint32_t> with(const Plan& plan, const std::string& qualname) {
        std::vector<std::uint32_t> numbers;
        for (const PlannedCode& code : plan.codes)
            if (code.qualname == qualname && !code.roles.has(CodeRole::kName))
                numbers.push_back(code.interpreter);
        return numbers;
    }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(InterpreterPlans);
INSTANTIATE_TEST_SUITE_P(Found, InterpreterPlans, testing::ValuesIn(find_pythons(true)), python_test_name);

TEST_P(InterpreterPlans, HaveTheFunctionsOfEach) {
    ASSERT_NO_FATAL_FAILURE(start(subinterpreter_script(R"PY(
kept = [subinterpreter('legacy'), subinterpreter('isolated')]
)PY")));
    const Result<Plan> planned = plan(kNode);
    ASSERT_TRUE(planned) << planned.error().message();
    EXPECT_THAT(planned->interpreters, ElementsAre(0, 1, 2));
    EXPECT_THAT(planned->thread_lists, SizeIs(3));
    ASSERT_THAT(planned->points, SizeIs(1)) << "one point, in three interpreters";
    EXPECT_TRUE(planned->points[0].is_observed());
    EXPECT_THAT(planned->points[0].interpreters, ElementsAre(0, 1, 2));
    EXPECT_THAT(planned->points[0].warnings, ElementsAre(HasSubstr("another kind of function")));
    for (const char* function : {"Base.execute", "Left.execute"})
        EXPECT_THAT(with(*planned, function), UnorderedElementsAre(0, 1, 2)) << function;
    EXPECT_THAT(planned->interpreter, HasSubstr("subinterpreters: 2"));
    EXPECT_THAT(to_text(*planned, PlanDetail::kSites), HasSubstr("    in interpreter main, 1, 2\n"));
    EXPECT_THAT(to_json(*planned), HasSubstr("\"interpreters\""));
}

TEST_P(InterpreterPlans, FitWhereOnlyASubinterpreterHasTheEngine) {
    ASSERT_NO_FATAL_FAILURE(start(subinterpreter_script(R"PY(
kept = subinterpreter('isolated')
del sys.modules['engine.core']
)PY")));
    const Result<Plan> planned = plan(kNode);
    ASSERT_TRUE(planned) << planned.error().message();
    ASSERT_THAT(planned->points, SizeIs(1));
    EXPECT_TRUE(planned->points[0].is_observed());
    EXPECT_THAT(planned->points[0].interpreters, ElementsAre(1));
    EXPECT_THAT(with(*planned, "Base.execute"), ElementsAre(1));
    EXPECT_TRUE(planned->python) << "and there are probes to place";
    EXPECT_FALSE(planned->probes.empty());
}

TEST_P(InterpreterPlans, SayWhatIsNotSeenInOneOfThem) {
    ASSERT_NO_FATAL_FAILURE(start(subinterpreter_script(R"PY(
kept = subinterpreter('legacy', source='number = 3')
)PY")));
    for (const char* source : {kBuiltIn, "mine.yaml"}) {
        const Result<Plan> planned = plan(kNode, source);
        ASSERT_TRUE(planned) << planned.error().message();
        ASSERT_THAT(planned->points, SizeIs(1));
        EXPECT_TRUE(planned->points[0].is_observed());
        EXPECT_THAT(planned->points[0].interpreters, ElementsAre(0));
        EXPECT_THAT(planned->points[0].warnings,
                    Contains(HasSubstr("not observed in every interpreter: there is")));
    }
}

TEST_P(InterpreterPlans, WatchFunctionsOfOneOfThemOnly) {
    ASSERT_NO_FATAL_FAILURE(start(subinterpreter_script(R"PY(
kept = subinterpreter('legacy')
)PY")));
    const Result<Plan> planned = plan(R"(
  - {name: one, kind: node, function: 'engine.core:plain', call: function}
  - {name: two, kind: node, function: 'engine.core:Base.inherited', call: function, node_type: self}
)");
    ASSERT_TRUE(planned) << planned.error().message();
    EXPECT_THAT(planned->watches, SizeIs(PlannedWatch::kMost));
    EXPECT_THAT(
        planned->points.at(0).warnings,
        Contains(HasSubstr("points in another interpreter use all four hardware watches of a thread")));
}

TEST_P(InterpreterPlans, HaveAPointTwiceWhereItIsSeenInTwoWays) {
    ASSERT_NO_FATAL_FAILURE(start(subinterpreter_script(R"PY(
kept = subinterpreter('legacy', source=SOURCE.replace("ContextVar('current')", "Token"))
)PY")));
    settings_.wishes.preference = Preference::kCheap;
    const Result<Plan> planned = plan(R"(
  - name: node
    kind: node
    function: engine.core:Base.execute
    call: method
    node_type: self
    context_variable: engine.core:CURRENT
    context_token: runtime_inputs
)");
    ASSERT_TRUE(planned) << planned.error().message();
    ASSERT_THAT(planned->points, SizeIs(2));
    EXPECT_NE(planned->points[0].mechanism(), planned->points[1].mechanism());
    EXPECT_THAT(planned->points[0].interpreters, ElementsAre(0));
    EXPECT_THAT(planned->points[1].interpreters, ElementsAre(1));
    for (const PlannedCode& code : planned->codes) EXPECT_EQ(code.point, code.interpreter) << code.qualname;
}

TEST_P(InterpreterPlans, ObserveTheGoodPointsBesideAWrongOne) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const std::string wrong =
        "  - {name: wrong, kind: workflow, function: 'engine.core:absent', call: method}\n";
    const Result<Plan> planned = plan(kNode + wrong, "mine.yaml");
    ASSERT_TRUE(planned) << planned.error().message();
    ASSERT_THAT(planned->points, SizeIs(2));
    EXPECT_TRUE(planned->points[0].is_observed());
    EXPECT_FALSE(planned->points[1].is_observed());
    EXPECT_THAT(planned->points[1].why_not(), HasSubstr("absent"));
    EXPECT_THAT(planned->points[1].why_not(), HasSubstr("(correct the profile: mine.yaml:"));
    EXPECT_FALSE(plan(wrong, "mine.yaml")) << "nothing of it can be observed";
}

// What a process holds is its own to say; looking through it ends all the same.
TEST_P(InterpreterPlans, GiveUpWhereLookingTakesTooMuch) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const Result<ProcessFacts> facts = read_process_facts(python().pid());
    ASSERT_TRUE(facts);
    for (const std::uint64_t reads : {10, 100}) {
        const MeteredMemory metered(memory(), {.reads = reads});
        const std::vector<Profile> profiles = {engine_profile(kNode)};
        const Result<Plan> planned = plan_process(*facts, metered, profiles, settings_);
        EXPECT_NE(metered.exceeded(), "") << reads;
    }
}

}  // namespace
}  // namespace flowtap::interpreter_plans_test
