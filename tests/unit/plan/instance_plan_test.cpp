// SPDX-License-Identifier: Apache-2.0
// Points that are seen by calls of instances, object(...), in every interpreter found on this machine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <set>

#include "python_planned.h"

namespace flowtap::instance_plan_test {
namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAre;

constexpr const char* kClasses = R"PY(
exec('''
class Called:
    def __call__(self, *arguments):
        return self
class Heir(Called):
    pass
class Other(Called):
    def __call__(self):
        return 2
class HeirOfOther(Other):
    pass
def make():
    def __call__(self):
        return 4
    return __call__
class Awaited:
    async def __call__(self):
        return 3
''', engine.__dict__)
for name in ('Called', 'Heir', 'Other', 'HeirOfOther'):
    show(name, id(getattr(engine, name)))
)PY";

constexpr const char* kInstance = R"(
  - name: called
    kind: node
    function: engine.core:Called.__call__
    call: instance
    node_id: self.name
)";

class InstancePlan : public PythonPlanTest {
protected:
    void plan_instances(const std::string& points) {
        ASSERT_NO_FATAL_FAILURE(start(engine_script(kClasses)));
        Result<Plan> planned = plan(points);
        ASSERT_TRUE(planned) << planned.error().message();
        plan_ = *std::move(planned);
    }
    std::vector<std::uint64_t> addresses() const {
        std::vector<std::uint64_t> addresses;
        for (const PlannedCode& code : plan_.codes) addresses.push_back(code.address);
        return addresses;
    }
    std::uint64_t class_named(const char* name) const { return python().number(name); }

    Plan plan_;
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(InstancePlan);
INSTANTIATE_TEST_SUITE_P(Found, InstancePlan, testing::ValuesIn(find_pythons(true)), python_test_name);

TEST_P(InstancePlan, KnowsTheClassesThatTheFunctionIsFor) {
    ASSERT_NO_FATAL_FAILURE(plan_instances(kInstance));
    EXPECT_THAT(addresses(), UnorderedElementsAre(class_named("Called"), class_named("Heir")));
    for (const PlannedCode& code : plan_.codes) {
        EXPECT_EQ(code.roles, (CodeRoles{CodeRole::kNode}));
        EXPECT_EQ(code.node_id->variable.slot, 0);
    }
}

TEST_P(InstancePlan, TakesClassesWithAnOverrideInWhereTheyAreAskedFor) {
    ASSERT_NO_FATAL_FAILURE(plan_instances(std::string(kInstance) + "    overrides: true\n"));
    EXPECT_THAT(addresses(), UnorderedElementsAre(class_named("Called"), class_named("Heir"),
                                                  class_named("Other"), class_named("HeirOfOther")));
}

bool is_by_class(const PlannedProbe& probe) {
    const auto* call = probe.as<CallEntry>();
    return call != nullptr && std::holds_alternative<CallEntry::Instance>(call->called);
}

TEST_P(InstancePlan, ProbesOneFunctionAtItsEntryAndItsReturns) {
    ASSERT_NO_FATAL_FAILURE(plan_instances(kInstance));
    ASSERT_TRUE(plan_.points[0].is_observed()) << plan_.points[0].why_not();
    constexpr std::array<std::uint8_t, 4> kEndbr64 = {0xf3, 0x0f, 0x1e, 0xfa};
    std::set<std::uint64_t> probed;
    int entries = 0;
    for (const PlannedProbe& probe : plan_.probes) {
        EXPECT_TRUE(probed.insert(probe.address).second) << probe.name;
        EXPECT_NE((memory().read<std::array<std::uint8_t, 4>>(probe.address)), kEndbr64) << probe.name;
        const bool entry = probe.program() == Program::kPythonCallEntry;
        entries += entry ? 1 : 0;
        EXPECT_EQ(is_by_class(probe), entry);
    }
    EXPECT_EQ(entries, 1);
    EXPECT_GE(probed.size(), 2u);
}

TEST_P(InstancePlan, StandsBesideBoundMethods) {
    ASSERT_NO_FATAL_FAILURE(
        plan_instances(std::string(kInstance) +
                       "  - {name: node, kind: node, function: 'engine.core:Base.execute', call: method}\n"));
    EXPECT_TRUE(std::ranges::any_of(plan_.probes, [](const PlannedProbe& probe) {
        return probe.program() == Program::kPythonCallEntry && !is_by_class(probe);
    }));
    EXPECT_TRUE(std::ranges::any_of(plan_.probes, is_by_class));
}

TEST_P(InstancePlan, RefusesACallThatMakesACoroutine) {
    ASSERT_NO_FATAL_FAILURE(plan_instances(
        "  - {name: called, kind: node, function: 'engine.core:Awaited.__call__', call: instance}\n"));
    EXPECT_FALSE(plan_.points[0].is_observed());
    EXPECT_THAT(plan_.points[0].why_not(), HasSubstr("write call: coroutine"));
}

TEST_P(InstancePlan, RefusesWhatIsNoMethodAndVariablesThatAreNotKnown) {
    const std::string points =
        "  - {name: p, kind: node, function: 'engine.core:make.<locals>.__call__', call: instance}\n"
        "  - {name: q, kind: node, function: 'engine.core:Called.__call__', call: instance, node_id: "
        "arguments}\n";
    ASSERT_NO_FATAL_FAILURE(plan_instances(points));
    EXPECT_THAT(
        plan_.points[0].why_not(),
        HasSubstr("it is not a method of a class, which call: instance requires: write call: function"));
    EXPECT_THAT(plan_.points[1].why_not(),
                HasSubstr("with call: instance, only self can be read, not arguments"));
}

}  // namespace
}  // namespace flowtap::instance_plan_test
