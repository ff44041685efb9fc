// SPDX-License-Identifier: Apache-2.0
// Points that name a function whose call is a failure, in live interpreters.
#include "python_planned.h"

namespace flowtap::failing_calls_test {
namespace {

using testing::HasSubstr;

class FailingCallPlans : public PythonPlanTest {
protected:
    Plan planned(const std::string& named) {
        Result<Plan> made = plan(
            "\n  - {name: node, kind: node, function: 'engine.core:Base.execute', call: "
            "method, failed_by: '" +
            named + "'}\n");
        if (!made) ADD_FAILURE() << made.error().message();
        return made ? *std::move(made) : Plan{};
    }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(FailingCallPlans);
INSTANTIATE_TEST_SUITE_P(Found, FailingCallPlans, testing::ValuesIn(find_pythons(true)), python_test_name);

TEST_P(FailingCallPlans, ObserveTheCreationOfItsCoroutines) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const auto creations = [](const Plan& plan) {
        return std::ranges::count_if(plan.probes, [](const PlannedProbe& probe) {
            return probe.program() == Program::kPythonCreated;
        });
    };
    const Plan plan = planned("engine.core:coroutine");
    ASSERT_TRUE(plan.points.at(0).is_observed()) << plan.points[0].why_not();
    EXPECT_EQ(plan.points[0].exactness(), Exactness::kExact);
    const PlannedCode* named = code_named(plan, "coroutine");
    ASSERT_NE(named, nullptr);
    EXPECT_EQ(named->roles, (CodeRoles{CodeRole::kCoroutine}));
    EXPECT_EQ(named->fails, std::vector<std::size_t>{0});
    EXPECT_GT(creations(plan), 0);
    EXPECT_FALSE(std::ranges::any_of(plan.probes, [](const PlannedProbe& probe) {
        return probe.program() == Program::kPythonCompletion;
    }));
}

TEST_P(FailingCallPlans, TellOfOverridesWhichTheyDoNotSee) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(R"PY(
class Handles(engine.Base):
    async def on_error(self):
        pass
class Replaces(Handles):
    async def on_error(self):
        return 1
class Adds(Handles):
    async def on_error(self):
        await super().on_error()
engine.Handles = Handles
)PY")));
    const Plan plan = planned("engine.core:Handles.on_error");
    ASSERT_TRUE(plan.points.at(0).is_observed()) << plan.points[0].why_not();
    EXPECT_EQ(plan.points[0].exactness(), Exactness::kIncomplete);
    EXPECT_THAT(plan.points[0].warnings,
                testing::Contains("failed_by: calls of what replaces it are not seen: Replaces.on_error"));
}

TEST_P(FailingCallPlans, RefuseWhatIsNoCoroutineFunction) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(R"PY(
import functools
def decorates(function, named=False):
    async def wrapper():
        await function()
    return functools.wraps(function)(wrapper) if named else wrapper
async def named():
    pass
engine.shared = decorates(named)
engine.named = decorates(named, True)
)PY")));
    const auto why_not = [&](const std::string& named, bool waiting) {
        const Plan plan = planned(named);
        EXPECT_FALSE(plan.points.at(0).is_observed()) << named;
        EXPECT_EQ(plan.points[0].is_waiting(), waiting) << named;
        return plan.points[0].why_not();
    };
    EXPECT_THAT(
        why_not("engine.core:plain", false),
        HasSubstr("failed_by: a call from Python code passes a probe site only if it makes a coroutine "
                  "(write failed_when or failed_with, or give the function a point of its own with "
                  "call: function)"));
    EXPECT_THAT(why_not("engine.core:shared", false),
                HasSubstr("failed_by: it is a decorator's function, which other functions run as well"));
    EXPECT_TRUE(planned("engine.core:named").points.at(0).is_observed()) << "below its decorator";
    EXPECT_THAT(why_not("engine.core:async_generator", false), HasSubstr("only if it makes a coroutine"));
    EXPECT_THAT(why_not("engine.core:Base.absent", false), HasSubstr("failed_by: "));
    EXPECT_THAT(why_not("engine.later:on_error", true), HasSubstr("failed_by: "));
}

}  // namespace
}  // namespace flowtap::failing_calls_test
