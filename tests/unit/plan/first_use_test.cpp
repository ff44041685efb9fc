// SPDX-License-Identifier: Apache-2.0
// Points that are observed once an object has been made that they can happen to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "python_planned.h"

namespace flowtap::first_use_test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kPoints = R"(
  - name: node
    kind: node
    function: engine.core:Base.execute
    call: method
  - name: watched
    kind: node
    function: engine.core:Base.inherited
    call: function
  - name: asynchronous
    kind: node
    function: engine.core:Deep.execute
    call: coroutine
)";

class PlanOnUse : public PythonPlanTest {
protected:
    Plan on_use(const std::string& points) {
        settings_.wishes.on_use = true;
        Result<Plan> planned = plan(points);
        if (!planned) ADD_FAILURE() << planned.error().message();
        return planned ? *std::move(planned) : Plan{};
    }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PlanOnUse);
INSTANTIATE_TEST_SUITE_P(Found, PlanOnUse, testing::ValuesIn(find_pythons(true)), python_test_name);

TEST_P(PlanOnUse, HasNoProbesBeforeThereIsAnObjectOfAnyOfItsClasses) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script("wait('first')\nkept = engine.Right()")));
    const Plan before = on_use(kPoints);
    ASSERT_EQ(before.points.size(), 3u);
    for (const PlannedPoint& point : before.points) {
        EXPECT_TRUE(point.is_waiting()) << point.point.name;
        EXPECT_EQ(point.why_not(),
                  "no object of its engine has been created yet: it is observed once there is one")
            << point.point.name;
    }
    EXPECT_THAT(before.probes, IsEmpty());
    EXPECT_THAT(before.watches, IsEmpty());
    EXPECT_TRUE(before.signs.unchanged(memory()));
    ASSERT_NO_FATAL_FAILURE(go_on());
    EXPECT_FALSE(before.signs.unchanged(memory()));
    const Plan after = on_use(kPoints);
    ASSERT_EQ(after.points.size(), 3u);
    for (const PlannedPoint& point : after.points) EXPECT_FALSE(point.is_waiting()) << point.why_not();
    EXPECT_THAT(after.probes, Not(IsEmpty()));
    EXPECT_TRUE(after.signs.unchanged(memory()));
}

TEST_P(PlanOnUse, HasNoWatchBeforeThereIsAnObjectOfItsClass) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(R"PY(
exec("""
class Alone:
    def run(self): pass
""", engine.__dict__)
kept = engine.Right()
)PY")));
    settings_.wishes.preference = Preference::kCheap;
    const Plan planned = on_use(R"(
  - {name: node, kind: node, function: 'engine.core:Base.execute', call: method}
  - {name: watched, kind: node, function: 'engine.core:Alone.run', call: function}
)");
    ASSERT_EQ(planned.points.size(), 2u);
    EXPECT_TRUE(planned.points[0].is_observed()) << planned.points[0].why_not();
    EXPECT_TRUE(planned.points[1].is_waiting());
    EXPECT_EQ(planned.points[1].why_not(),
              "no object of its class has been created yet: it is observed once there is one");
}

TEST_P(PlanOnUse, WaitsForNoObjectWhereNoneIsNeeded) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    for (const char* function : {"coroutine, call: coroutine", "Base.build, call: function"}) {
        const Plan planned =
            on_use(std::string("  - {name: any, kind: workflow, function: engine.core:") + function + "}\n");
        ASSERT_EQ(planned.points.size(), 1u) << function;
        EXPECT_FALSE(planned.points[0].is_waiting()) << planned.points[0].why_not();
    }
}

}  // namespace
}  // namespace flowtap::first_use_test
