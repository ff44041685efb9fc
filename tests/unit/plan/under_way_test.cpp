// SPDX-License-Identifier: Apache-2.0
// What a live interpreter is in the middle of.
#include "plan/under_way.h"

#include "python_planned.h"

namespace flowtap::under_way_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kNode =
    "  - {name: node, kind: node, function: 'engine.core:Base.execute', call: method, node_type: self}\n";
constexpr const char* kOverrides =
    "  - {name: node, kind: node, function: 'engine.core:Base.execute', call: method, node_type: self, "
    "overrides: true}\n";
constexpr const char* kWorkflow =
    "  - {name: flow, kind: workflow, function: 'engine.core:coroutine', call: coroutine}\n";

// Code of the module that calls wait_below(), which says "ready" and blocks.
std::string waiting(const std::string& module, const std::string& call) {
    return engine_script(
        "engine.wait_below = lambda: wait('below')\n"
        "exec('''\n" +
        module + "''', engine.__dict__)\n" + call + "\n");
}

class UnderWayTest : public PythonPlanTest {
protected:
    [[nodiscard]] std::vector<UnderWay> under_way(const std::string& points) const {
        const Result<Plan> planned = plan(points);
        if (!planned) {
            ADD_FAILURE() << planned.error().message();
            return {};
        }
        return executions_under_way(*planned, memory(), [](const PlannedCode&) { return true; });
    }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(UnderWayTest);
INSTANTIATE_TEST_SUITE_P(Found, UnderWayTest, testing::ValuesIn(find_pythons(true)), python_test_name);

constexpr const char* kBlockingBase = R"PY(
class Base:
    def execute(self, **inputs):
        wait_below()
)PY";

TEST_P(UnderWayTest, HasAMethodThatCCalled) {
    ASSERT_NO_FATAL_FAILURE(start(waiting(kBlockingBase, "engine.Base().execute(**{})")));
    const std::vector<UnderWay> found = under_way(kNode);
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].key_kind, FT_KEY_FRAME);
    EXPECT_NE(found[0].key, 0U);
}

TEST_P(UnderWayTest, HasNoMethodThatTheLoopCalledByItself) {
    ASSERT_NO_FATAL_FAILURE(start(waiting(kBlockingBase, "engine.Base().execute()")));
    EXPECT_THAT(under_way(kNode), IsEmpty());
}

TEST_P(UnderWayTest, HasTheOuterOfTwoCallsOnOneObject) {
    ASSERT_NO_FATAL_FAILURE(start(waiting(std::string(kBlockingBase) + R"PY(
class Left(Base):
    def execute(self, **inputs):
        return super().execute(*(), **inputs)
)PY",
                                          "engine.Left().execute(**{})")));
    EXPECT_THAT(under_way(kOverrides), SizeIs(1));
}

TEST_P(UnderWayTest, HasACoroutineThatRuns) {
    ASSERT_NO_FATAL_FAILURE(start(waiting("async def coroutine():\n    wait_below()\n",
                                          "it = engine.coroutine(); show('it', id(it)); it.send(None)")));
    EXPECT_THAT(under_way(kWorkflow), ElementsAre(UnderWay{python().number("it"), FT_KEY_COROUTINE, 0}));
}

TEST_P(UnderWayTest, HasNothingElse) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    EXPECT_THAT(under_way(kOverrides), IsEmpty());
}

TEST_P(UnderWayTest, HasOnlyWhatIsWanted) {
    ASSERT_NO_FATAL_FAILURE(start(waiting(kBlockingBase, "engine.Base().execute(**{})")));
    const Result<Plan> planned = plan(kNode);
    ASSERT_TRUE(planned);
    EXPECT_THAT(executions_under_way(*planned, memory(), [](const PlannedCode&) { return false; }),
                IsEmpty());
}

}  // namespace
}  // namespace flowtap::under_way_test
