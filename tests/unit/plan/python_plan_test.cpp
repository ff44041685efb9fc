// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "python_planned.h"

namespace flowtap::python_plan_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kWorkflow = R"(
  - name: run
    kind: workflow
    function: engine.core:coroutine
    call: coroutine
    workflow_id: value.id
)";
constexpr const char* kNode = R"(
  - name: node
    kind: node
    function: engine.core:Base.execute
    call: method
    node_type: self
    node_id: self.spec.owner
    callers:
      - function: engine.core:coroutine
        workflow_name: late.name
      - function: engine.later:Runtime.step
        node_id: node
)";

class PythonPlan : public PythonPlanTest {
protected:
    // What a single point that cannot be observed has for a reason, in a profile that came with flowtap.
    std::string why_not(const std::string& point) const {
        const Result<Plan> planned = plan(point);
        if (!planned) return planned.error().message();
        EXPECT_EQ(planned->points.size(), 1u);
        EXPECT_FALSE(planned->points[0].is_observed());
        EXPECT_FALSE(planned->observes_anything());
        EXPECT_THAT(planned->probes, IsEmpty());
        return planned->points[0].why_not();
    }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PythonPlan);
INSTANTIATE_TEST_SUITE_P(Found, PythonPlan, testing::ValuesIn(find_pythons(true)), python_test_name);

TEST_P(PythonPlan, ObservesCoroutinesAndMethods) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const Result<Plan> planned = plan(std::string(kWorkflow) + kNode);
    ASSERT_TRUE(planned) << planned.error().message();
    EXPECT_THAT(planned->interpreter, HasSubstr("CPython 3." + std::to_string(GetParam().minor)));
    ASSERT_TRUE(planned->python.has_value());
    EXPECT_EQ(planned->python->inlines_awaits, GetParam().minor >= 12 ? 1 : 0);
    ASSERT_EQ(planned->points.size(), 2u);
    for (const PlannedPoint& point : planned->points) {
        EXPECT_TRUE(point.is_observed()) << point.point.name << ": " << point.why_not();
        EXPECT_FALSE(point.is_waiting());
        EXPECT_TRUE(point.mechanism().has_value());
        EXPECT_EQ(point.profile, "engine");
    }
    EXPECT_NE(planned->points[0].mechanism(), planned->points[1].mechanism());
}

TEST_P(PythonPlan, ResolvesPathsAgainstTheLocalsOfEachFunction) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const Result<Plan> planned = plan(std::string(kWorkflow) + kNode);
    ASSERT_TRUE(planned) << planned.error().message();
    const PlannedCode* node = code_named(*planned, "Base.execute");
    ASSERT_NE(node, nullptr);
    EXPECT_EQ(node->node_id->variable.slot, 0);
    EXPECT_THAT(names_of(*node->node_id), ElementsAre("spec", "owner"));
    EXPECT_FALSE(node->workflow_id) << "the point says nothing of it";
    EXPECT_EQ(node->roles, (CodeRoles{CodeRole::kNode}));
    EXPECT_EQ(node->point, 1u);
    const auto address = lookup().find_function("engine.core", "Base.execute");
    ASSERT_TRUE(address);
    EXPECT_EQ(node->address, address->code_address);
}

// A function that is a workflow and that knows the ids of nodes below it is told to the kernel once.
TEST_P(PythonPlan, MergesTheRolesOfAFunctionThatIsCallerAndWorkflow) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    for (const bool workflow_first : {true, false}) {
        const Result<Plan> planned =
            plan(workflow_first ? std::string(kWorkflow) + kNode : std::string(kNode) + kWorkflow);
        ASSERT_TRUE(planned) << planned.error().message();
        EXPECT_EQ(std::ranges::count(planned->codes, "coroutine", &PlannedCode::qualname), 1);
        const PlannedCode* both = code_named(*planned, "coroutine");
        ASSERT_NE(both, nullptr);
        EXPECT_EQ(both->roles, (CodeRoles{CodeRole::kWorkflow, CodeRole::kCoroutine, CodeRole::kCaller}));
        EXPECT_EQ(planned->points[both->point].point.name, "run") << "as a caller it has no point of its own";
        EXPECT_EQ(both->workflow_id->variable.slot, 0);
        EXPECT_THAT(names_of(*both->workflow_id), ElementsAre("id"));
        EXPECT_EQ(both->workflow_name->variable.slot, 1);
        EXPECT_THAT(names_of(*both->workflow_name), ElementsAre("name"));
    }
}

TEST_P(PythonPlan, TakesOverridesInWhereTheyAreAskedFor) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const std::string point = R"(
  - name: node
    kind: node
    function: engine.core:Base.execute
    call: method
)";
    const Result<Plan> alone = plan(point);
    ASSERT_TRUE(alone) << alone.error().message();
    ASSERT_EQ(alone->codes.size(), 1u);
    EXPECT_EQ(alone->codes[0].qualname, "Base.execute");
    const Result<Plan> all = plan(point + "    overrides: true\n");
    ASSERT_TRUE(all) << all.error().message();
    EXPECT_NE(code_named(*all, "Base.execute"), nullptr);
    EXPECT_EQ(std::ranges::count(all->codes, "Left.execute", &PlannedCode::qualname), 1)
        << "Same.execute is the same function";
    EXPECT_EQ(code_named(*all, "Gone.execute"), nullptr);
    for (const PlannedCode& code : all->codes) {
        EXPECT_EQ(code.point, 0u);
        EXPECT_TRUE(code.roles.has(CodeRole::kNode)) << code.qualname;
    }
}

TEST_P(PythonPlan, NamesTheOverridesThatItCannotObserve) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const Result<Plan> planned = plan(R"(
  - name: node
    kind: node
    function: engine.core:Base.execute
    call: method
    overrides: true
)");
    ASSERT_TRUE(planned) << planned.error().message();
    ASSERT_EQ(planned->points[0].warnings.size(), 1u);
    EXPECT_THAT(planned->points[0].warnings[0],
                testing::StartsWith("not observed, because they are another kind of function: "));
    EXPECT_THAT(planned->points[0].warnings[0], HasSubstr("NoFunction (a builtin_function_or_method)"));
    EXPECT_THAT(planned->points[0].warnings[0], HasSubstr("Bottom.execute (a staticmethod)"));
    EXPECT_EQ(code_named(*planned, "Bottom.execute"), nullptr);
}

TEST_P(PythonPlan, SaysWhereMethodsThatOtherObjectsKeepAreObserved) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(R"PY(
exec("""
class FunctionWrapper:
    def __init__(self, function): self.__wrapped__ = function
    def __get__(self, instance, owner): return self.__wrapped__.__get__(instance, owner)
class Unknown(FunctionWrapper):
    pass
class Wrapped(Base):
    def execute(self): return 5
    execute = FunctionWrapper(execute)
class Other(Base):
    def execute(self): return 6
    execute = Unknown(execute)
""", engine.__dict__)
)PY")));
    const Result<Plan> planned = plan(R"(
  - {name: node, kind: node, function: 'engine.core:Base.execute', call: method, overrides: true}
)");
    ASSERT_TRUE(planned) << planned.error().message();
    const std::string where =
        "observed where the object that replaces the method calls it as a bound method: ";
    EXPECT_THAT(planned->points[0].notes, testing::Contains(where + "Wrapped.execute (FunctionWrapper)"));
    EXPECT_THAT(planned->points[0].warnings, testing::Contains("only " + where + "Other.execute (Unknown)"));
}

// A plain function around a coroutine function: what it wraps is what runs as a coroutine.
TEST_P(PythonPlan, LooksBelowTheDecoratorsOfOverrides) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(R"PY(
exec("""
class Task:
    async def go(self): return 1
class Wrapped(Task):
    @wraps
    async def go(self): return 2
""", engine.__dict__)
)PY")));
    const Result<Plan> planned = plan(R"(
  - name: task
    kind: node
    function: engine.core:Task.go
    call: coroutine
    overrides: true
)");
    ASSERT_TRUE(planned) << planned.error().message();
    EXPECT_THAT(planned->points[0].warnings, IsEmpty());
    const auto of_wrapped = [&](const PlannedCode& code) { return code.qualname == "Wrapped.go"; };
    ASSERT_EQ(std::ranges::count_if(planned->codes, of_wrapped), 2) << "its code and the function itself";
    for (const PlannedCode& code : planned->codes) {
        if (of_wrapped(code)) {
            EXPECT_TRUE(method_of(code).name);
        }
    }
}

// Its code is the decorator's: the class of the object it is called on tells whether it is meant.
TEST_P(PythonPlan, TellsADecoratedMethodFromOthersOfTheSameCode) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const Result<Plan> planned = plan(R"(
  - name: node
    kind: node
    function: engine.core:Base.decorated
    call: method
    node_type: self
    node_id: self.name
)");
    ASSERT_TRUE(planned) << planned.error().message();
    EXPECT_TRUE(planned->points[0].is_observed()) << planned->points[0].why_not();
    const auto function = lookup().find_function("engine.core", "Base.decorated");
    ASSERT_TRUE(function);
    ASSERT_EQ(planned->codes.size(), 2u) << "its own, and its code's";
    for (const PlannedCode& code : planned->codes) {
        EXPECT_EQ(code.roles, (CodeRoles{CodeRole::kNode, CodeRole::kShared}));
        EXPECT_EQ(method_of(code).base, function->owner_type);
        EXPECT_TRUE(method_of(code).name);
        EXPECT_EQ(code.node_id->variable.slot, 0);
        EXPECT_THAT(code.address, testing::AnyOf(function->code_address, function->function_address));
    }
}

TEST_P(PythonPlan, LooksForLocalsBelowADecorator) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(R"PY(
exec("""
def wraps_async(function):
    @functools.wraps(function)
    async def wrapper(*args, **kwargs):
        return await function(*args, **kwargs)
    return wrapper
@wraps_async
async def traced(value): pass
""", engine.__dict__)
)PY")));
    const Result<Plan> planned = plan(R"(
  - name: run
    kind: workflow
    function: engine.core:traced
    call: coroutine
    workflow_id: value.id
)");
    ASSERT_TRUE(planned) << planned.error().message();
    EXPECT_TRUE(planned->points[0].is_observed()) << planned->points[0].why_not();
    ASSERT_EQ(planned->codes.size(), 1u);
    EXPECT_EQ(planned->codes[0].qualname, "traced");
    EXPECT_EQ(planned->codes[0].roles, (CodeRoles{CodeRole::kWorkflow, CodeRole::kCoroutine}));
}

TEST_P(PythonPlan, KnowsAMethodThatOnlySubclassesAdd) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(R"PY(
exec("""
class Later(Base):
    async def execute_later(self): pass
""", engine.__dict__)
)PY")));
    const std::string point = R"(
  - name: node
    kind: node
    call: coroutine
    overrides: true
    node_type: self
    function: engine.core:)";
    const Result<Plan> planned = plan(point + "Base.execute_later\n");
    ASSERT_TRUE(planned) << planned.error().message();
    EXPECT_TRUE(planned->points[0].is_observed()) << planned->points[0].why_not();
    EXPECT_NE(code_named(*planned, "Later.execute_later"), nullptr);
    const Result<Plan> absent = plan(point + "Base.execute_never\n");
    ASSERT_TRUE(absent) << absent.error().message();
    EXPECT_FALSE(absent->points[0].is_observed());
    EXPECT_TRUE(absent->points[0].is_waiting());
    EXPECT_THAT(absent->points[0].why_not(), HasSubstr("no class has such a method yet"));
}

TEST_P(PythonPlan, KnowsWhereACarrierHasItsNode) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const Result<Plan> planned = plan(R"(
  - name: node
    kind: node
    function: engine.core:Base.execute
    call: method
    node_type: self
    carriers:
      - {function: 'engine.core:coroutine', node: late}
      - {function: 'engine.core:plain', node: absent}
      - {function: 'engine.later:run', node: node}
)");
    ASSERT_TRUE(planned) << planned.error().message();
    ASSERT_EQ(planned->codes.size(), 2u) << "what is not there, or has no such local, is left out";
    const PlannedCode* carrier = code_named(*planned, "coroutine");
    ASSERT_NE(carrier, nullptr);
    EXPECT_EQ(carrier->roles, (CodeRoles{CodeRole::kCarrier, CodeRole::kCoroutine}));
    EXPECT_EQ(carrier->object_slot, 1);
    EXPECT_EQ(code_named(*planned, "Base.execute")->object_slot, 0);
}

TEST_P(PythonPlan, WaitsForModulesThatAreNotImportedYet) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const std::string later = R"(
  - name: later
    kind: workflow
    function: engine.later:run
    call: coroutine
)";
    for (const char* source : {kBuiltIn, "engine.yaml"}) {
        const Result<Plan> planned = plan(later + kNode, source);
        ASSERT_TRUE(planned) << planned.error().message();
        EXPECT_TRUE(planned->points[0].is_waiting());
        EXPECT_FALSE(planned->points[0].is_observed());
        EXPECT_THAT(planned->points[0].why_not(), HasSubstr("engine.later is not imported yet"));
        EXPECT_TRUE(planned->points[1].is_observed());
    }
}

TEST_P(PythonPlan, SaysWhyAPointCannotBeObserved) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const auto point = [](const std::string& function, const std::string& call,
                          const std::string& more = "") {
        return "  - {name: p, kind: workflow, function: 'engine.core:" + function + "', call: " + call +
               more + "}\n";
    };
    EXPECT_THAT(why_not(point("Base.execute", "coroutine")), HasSubstr("not a coroutine function"));
    EXPECT_THAT(why_not(point("coroutine", "coroutine", ", workflow_id: absent.id")), HasSubstr("absent"));
    EXPECT_THAT(why_not(point("Base.absent", "method")), HasSubstr("absent"));
    EXPECT_THAT(
        why_not(point("coroutine", "method")),
        HasSubstr("it is a coroutine function (async def), not a plain function: write call: coroutine"));
    EXPECT_THAT(why_not(point("coroutine", "function")), HasSubstr("write call: coroutine"));
    EXPECT_THAT(why_not(point("plain", "coroutine")), HasSubstr("write call: function"));
    EXPECT_THAT(why_not(point("Base.execute", "coroutine")), HasSubstr("write call: method"));
    EXPECT_THAT(why_not(point("Base.static", "method")),
                HasSubstr("it is a staticmethod, which is called as a plain function: write call: function"));
    EXPECT_THAT(why_not(point("async_generator", "coroutine")), HasSubstr("write call: generator"));
    EXPECT_THAT(why_not(point("coroutine", "generator")), HasSubstr("write call: coroutine"));
    EXPECT_THAT(why_not(point("plain", "generator")), HasSubstr("it is not a generator"));
    EXPECT_THAT(why_not(point("builtin", "method")), Not(IsEmpty()));
    EXPECT_THAT(why_not(point("number", "method")), Not(IsEmpty()));
}

TEST_P(PythonPlan, RefusesAUsersPointThatCannotBeObserved) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    for (const std::string function : {"Base.absent", "coroutine"}) {
        const Result<Plan> planned =
            plan("  - {name: p, kind: workflow, function: 'engine.core:" + function + "', call: method}\n",
                 "mine.yaml");
        ASSERT_FALSE(planned) << function;
        EXPECT_EQ(planned.error().kind, Error::Kind::kUsage);
        EXPECT_THAT(planned.error().message(), HasSubstr("p (mine.yaml:5)"));
    }
}

constexpr const char* kWatched = R"(
  - name: watched
    kind: node
    function: engine.core:Base.inherited
    call: function
    node_type: self
)";

TEST_P(PythonPlan, WatchesThePlainFunctionsThatTwoPairsOfRegistersServe) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const std::string second = R"(
  - name: second
    kind: workflow
    function: engine.core:plain
    call: function
)";
    const std::string third = R"(
  - name: third
    kind: workflow
    function: engine.core:Base.build
    call: function
)";
    const Result<Plan> planned = plan(kWatched + second + third);
    ASSERT_TRUE(planned) << planned.error().message();
    ASSERT_EQ(planned->points.size(), 3u);
    EXPECT_TRUE(planned->points[0].is_observed()) << planned->points[0].why_not();
    EXPECT_TRUE(planned->points[1].is_observed()) << planned->points[1].why_not();
    EXPECT_FALSE(planned->points[2].is_observed());
    EXPECT_THAT(planned->points[2].why_not(),
                HasSubstr("the points before it in the profile use all four hardware watches of a thread"));
    EXPECT_EQ(planned->watches.size(), PlannedWatch::kMost);
    EXPECT_EQ(code_named(*planned, "plain")->roles, (CodeRoles{CodeRole::kWorkflow, CodeRole::kWatched}));
    EXPECT_THAT(to_text(*planned, PlanDetail::kSites),
                HasSubstr("hardware watch (25 us a hit): the begin of plain\n"));
}

TEST_P(PythonPlan, WatchesNothingWhereWatchesDoNotFire) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    settings_.machine.proofs = {proof_of_hits(KernelMechanism::kWriteWatch, 100, 100),
                                proof_of_hits(KernelMechanism::kAccessWatch, 0, 100)};
    const Result<Plan> planned = plan(kWatched);
    ASSERT_TRUE(planned) << planned.error().message();
    ASSERT_EQ(planned->points.size(), 1u);
    EXPECT_FALSE(planned->points[0].is_observed());
    EXPECT_THAT(
        planned->points[0].why_not(),
        HasSubstr("its calls can only be observed by hardware watches, which do not work here: it fired 0 of "
                  "100 times"));
    EXPECT_THAT(planned->watches, IsEmpty());
}

TEST_P(PythonPlan, ObservesNoCallsWhereUprobesDoNotFire) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const Result<Plan> working = plan(kNode);
    ASSERT_TRUE(working) << working.error().message();
    settings_.machine.proofs = {proof_of_hits(KernelMechanism::kEmulatedUprobe, 0, 100)};
    const Result<Plan> planned = plan(kNode);
    ASSERT_TRUE(planned) << planned.error().message();
    ASSERT_TRUE(working->points[0].is_observed());
    EXPECT_FALSE(planned->points[0].is_observed()) << "its calls are seen at emulated instructions alone";
    EXPECT_THAT(planned->points[0].why_not(), HasSubstr("it fired 0 of 100 times"));
}

TEST_P(PythonPlan, WatchesNoMethodThatMayWaitBeforeThereIsAnObject) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    settings_.wishes.preference = Preference::kCheap;
    const Result<Plan> planned = plan(kNode + std::string(kWatched));
    ASSERT_TRUE(planned) << planned.error().message();
    ASSERT_EQ(planned->points.size(), 2u);
    EXPECT_TRUE(planned->points[0].is_observed()) << planned->points[0].why_not();
    EXPECT_TRUE(planned->points[1].is_waiting());
    EXPECT_THAT(planned->watches, IsEmpty());
    EXPECT_EQ(planned->wishes, settings_.wishes);

    const Result<Plan> users = plan(kNode + std::string(kWatched), "mine.yaml");
    ASSERT_TRUE(users) << users.error().message();
    EXPECT_FALSE(users->points[1].is_waiting()) << "the user's own points are observed from the attach on";

    settings_.wishes.preference = Preference::kComplete;
    const Result<Plan> complete = plan(kNode + std::string(kWatched));
    ASSERT_TRUE(complete) << complete.error().message();
    EXPECT_FALSE(complete->points[1].is_waiting());
}

TEST_P(PythonPlan, HasANewSubclassChangeASign) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(R"PY(
wait('first')
class Late(engine.Left):
    def execute(self, **runtime_inputs):
        return 5
)PY")));
    const std::string overridden = kNode + std::string("    overrides: true\n");
    const Result<Plan> before = plan(overridden);
    ASSERT_TRUE(before) << before.error().message();
    EXPECT_TRUE(before->signs.unchanged(memory()));
    ASSERT_NO_FATAL_FAILURE(go_on());
    EXPECT_FALSE(before->signs.unchanged(memory()));
    const Result<Plan> after = plan(overridden);
    ASSERT_TRUE(after) << after.error().message();
    EXPECT_NE(code_named(*after, "Late.execute"), nullptr);
}

TEST_P(PythonPlan, OfSeveralProfilesHasThePointsOfThoseThatFit) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    Profile other = engine_profile(kNode, kBuiltIn, "absent.engine");
    other.name = "other";
    Profile second = engine_profile(kNode);
    second.name = "second";
    const Result<Plan> planned = plan({engine_profile(kWorkflow), other, second});
    ASSERT_TRUE(planned) << planned.error().message();
    ASSERT_EQ(planned->points.size(), 2u);
    EXPECT_EQ(planned->points[0].profile, "engine");
    EXPECT_EQ(planned->points[1].profile, "second");
    EXPECT_EQ(code_named(*planned, "Base.execute")->point, 1u);
}

}  // namespace
}  // namespace flowtap::python_plan_test
