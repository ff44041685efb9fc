// SPDX-License-Identifier: Apache-2.0
// What a plan says to the one who writes a profile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/plan_words.h"
#include "python_planned.h"

namespace flowtap::profile_help_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class ProfileHelp : public PythonPlanTest {
protected:
    // Of a single point that cannot be observed, in a profile that came with flowtap.
    std::string why_not(const std::string& point) const {
        const Result<Plan> planned = plan(point);
        if (!planned) return planned.error().message();
        EXPECT_EQ(planned->points.size(), 1u);
        EXPECT_FALSE(planned->points[0].is_observed());
        return planned->points[0].why_not();
    }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ProfileHelp);
INSTANTIATE_TEST_SUITE_P(Found, ProfileHelp, testing::ValuesIn(find_pythons(true)), python_test_name);

std::string point_of(const std::string& function, const std::string& call, const std::string& more = "") {
    return "  - {name: p, kind: node, function: 'engine.core:" + function + "', call: " + call + more + "}\n";
}

TEST_P(ProfileHelp, NamesWhatAMisspellingMayMean) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    EXPECT_THAT(why_not(point_of("corutine", "coroutine")), HasSubstr("no 'corutine'; is it coroutine?"));
    EXPECT_THAT(why_not(point_of("Base.exceute", "method")), HasSubstr("no 'exceute'; is it execute?"));
    EXPECT_THAT(why_not(point_of("Left.inherted", "method")), HasSubstr("is it inherited?")) << "of a base";
    EXPECT_THAT(why_not(point_of("plain.<locals>.iner", "function")), HasSubstr("is it inner?"));
    EXPECT_THAT(why_not(point_of("nothing_like_it", "method")), Not(HasSubstr("is it")));
}

TEST_P(ProfileHelp, TellsAMissingModuleFromOneThatIsNotImportedYet) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script("import json\n")));
    const auto said = [&](const std::string& module) {
        return why_not("  - {name: p, kind: node, function: '" + module + ":f', call: function}\n");
    };
    EXPECT_THAT(
        said("json.decodre"),
        HasSubstr("module json.decodre is not imported, and the package json has no file of that name; is "
                  "it json.decoder"));
    EXPECT_THAT(said("json.tool"), testing::EndsWith("module json.tool is not imported yet"));
    EXPECT_THAT(said("engin.core"), HasSubstr("not imported yet; is it engine.core?"));
}

// Objects of this class stand for what CPython 3.15 imports lazily, until the first use.
TEST_P(ProfileHelp, WaitsForWhatIsImportedLazily) {
    ASSERT_NO_FATAL_FAILURE(
        start(engine_script("class lazy_import: pass\nsys.modules['engine.core'].Later = lazy_import()\n")));
    const Result<Plan> planned = plan(point_of("Later.run", "method"));
    ASSERT_TRUE(planned) << planned.error().message();
    EXPECT_FALSE(planned->points.at(0).is_observed());
    EXPECT_TRUE(planned->points.at(0).is_waiting());
    EXPECT_EQ(planned->points.at(0).why_not(), "'Later' is imported lazily and not used yet");
}

TEST_P(ProfileHelp, SaysAllThatIsWrongWithAPoint) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const std::string wrong = why_not(
        point_of("coroutine", "function", ", workflow_id: one.id, node_id: two.id, node_type: value"));
    EXPECT_THAT(wrong, HasSubstr("write call: coroutine"));
    EXPECT_THAT(wrong, HasSubstr("it has no local variable one"));
    EXPECT_THAT(wrong, HasSubstr("it has no local variable two"));
}

TEST_P(ProfileHelp, SaysAllPointsOfAUserThatAreWrong) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const std::string second =
        "  - {name: q, kind: workflow, function: 'engine.core:coroutine', call: method}\n";
    const Result<Plan> planned = plan(point_of("Base.absent", "method") + second, "mine.yaml");
    ASSERT_FALSE(planned);
    EXPECT_THAT(planned.error().message(), HasSubstr("p (mine.yaml:5)"));
    EXPECT_THAT(planned.error().message(), HasSubstr("(correct the profile)"));
    ASSERT_EQ(planned.error().others.size(), 1U);
    EXPECT_THAT(planned.error().others[0], HasSubstr("q (mine.yaml:6)"));
    EXPECT_THAT(planned.error().others[0], testing::EndsWith("write call: coroutine"));
}

TEST_P(ProfileHelp, NamesTheDecoratorThatHidesAFunction) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(R"PY(
exec("""
def hides(function):
    async def wrapper(*args, **kwargs):
        return await function(*args, **kwargs)
    return wrapper
@hides
async def hidden(key): pass
""", engine.__dict__)
)PY")));
    EXPECT_THAT(why_not(point_of("hidden", "coroutine", ", node_id: key")),
                HasSubstr("it has no local variable key (the function found is hides.<locals>.wrapper of "
                          "<string>: that of a decorator, which has no __wrapped__)"));
}

TEST_P(ProfileHelp, NamesTheModulesThatAUsersProfileWaitsFor) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script("import json\n")));
    const Result<Plan> planned =
        plan({engine_profile(point_of("Base.execute", "method"), "mine.yaml", "json.decodre")});
    ASSERT_FALSE(planned);
    EXPECT_THAT(planned.error().message(), HasSubstr("profile engine: module json.decodre is not imported"));
    EXPECT_THAT(planned.error().message(), HasSubstr("is it json.decoder"));
}

TEST_P(ProfileHelp, SaysWhichCallersOfAUsersPointAreLeftOut) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const std::string point = R"(
  - name: node
    kind: node
    function: engine.core:Base.execute
    call: method
    callers:
      - {function: 'engine.core:corutine', node_id: value}
      - {function: 'engine.core:coroutine', node_id: vallue}
      - {function: 'engine.later:run', node_id: node}
)";
    const Result<Plan> users = plan(point, "mine.yaml");
    ASSERT_TRUE(users) << users.error().message();
    EXPECT_THAT(
        users->points[0].notes,
        ElementsAre(
            HasSubstr("caller engine.core:corutine is left out: there is no 'corutine'; is it "
                      "coroutine?"),
            "caller engine.core:coroutine has no local variable vallue: the id comes from another source",
            HasSubstr("caller engine.later:run is left out: module engine.later is not imported")));
    const Result<Plan> ours = plan(point);
    ASSERT_TRUE(ours) << ours.error().message();
    EXPECT_THAT(ours->points[0].notes, IsEmpty()) << "it is made for several versions of an engine";
}

TEST_P(ProfileHelp, SaysWhichAttributesAreComputed) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(R"PY(
exec("""
class Named:
    @property
    def name(self): return self._name
    @property
    def full(self): return self.first + self.last
    def run(self, context): pass
""", engine.__dict__)
)PY")));
    const Result<Plan> planned =
        plan(point_of("Named.run", "method", ", node_id: self.name, workflow_id: self.full"));
    ASSERT_TRUE(planned) << planned.error().message();
    EXPECT_THAT(planned->points[0].notes,
                ElementsAre("workflow_id: self.full is a property, whose getter a probe cannot call",
                            "node_id: self.name is a property, whose getter a probe cannot call: it reads "
                            "self._name, which a probe can read: name that"));
}

TEST_P(ProfileHelp, SaysWhereIdsComeFrom) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const Result<Plan> planned =
        plan(point_of("coroutine", "coroutine", ", node_id: \"value['a'][0].b\", node_type: value.kind"));
    ASSERT_TRUE(planned) << planned.error().message();
    ASSERT_EQ(planned->points[0].origins.size(), 2U);
    EXPECT_EQ(planned->points[0].origins[0].text, "value['a'][0].b");
    EXPECT_EQ(planned->points[0].origins[1].id, "node_type");
}

TEST_P(ProfileHelp, SaysEachOriginOnce) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const Result<Plan> planned =
        plan(point_of("coroutine", "coroutine", ", node_id: \"value['a']\", node_type: value.kind"));
    ASSERT_TRUE(planned) << planned.error().message();
    const std::vector<IdOrigin> origins = id_origins(planned->points[0]);
    ASSERT_EQ(origins.size(), 2U);
    EXPECT_EQ(origins[0].id, "node_type");
    EXPECT_EQ(origins[1].text, "value['a']");
}

// Where the frame of a coroutine is gone at its end, the plan says so.
TEST_P(ProfileHelp, ReadsIdsAtTheEndWhereTheFrameLives) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const Result<Plan> planned =
        plan(point_of("coroutine", "coroutine", ", node_id: value.name, ids_at: end"));
    ASSERT_TRUE(planned) << planned.error().message();
    const PlannedPoint& point = planned->points[0];
    if (point.is_observed())
        EXPECT_TRUE(planned->codes.at(0).roles.has(CodeRole::kLateIds));
    else
        EXPECT_THAT(point.why_not(), HasSubstr("ids_at: end needs CPython 3.12 or later: before, where the "
                                               "steps of a coroutine end, its frame no longer exists"));
    EXPECT_EQ(point.is_observed(), GetParam().minor >= 12);
}

TEST_P(ProfileHelp, SaysWhatTheStepsOfCoroutinesDoNotShow) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const Result<Plan> planned =
        plan(point_of("coroutine", "coroutine", ", failed_when: \"local value == 1\""));
    ASSERT_TRUE(planned) << planned.error().message();
    const PlannedPoint& point = planned->points[0];
    if (GetParam().minor < 12) {
        EXPECT_THAT(point.warnings,
                    testing::Contains("failures shown by the local value are not seen: where the steps of "
                                      "the coroutine end, its frame no longer exists"));
    } else {
        EXPECT_THAT(point.warnings, IsEmpty());
        EXPECT_TRUE(std::ranges::any_of(point.rejected, [](const Candidate& other) {
            return other.misses == "executions awaited without a task are not exact";
        }));
    }
}

TEST_P(ProfileHelp, ReadsArgumentsOfCallsThatHaveNoFrameYet) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(R"PY(
exec("""
def outer(queue):
    class Task:
        def run(self, context, *rest, log=None):
            late = queue
        @wraps
        def decorated(self, context): pass
    return Task
Task = outer('mail')
""", engine.__dict__)
)PY")));
    const Result<Plan> planned = plan(
        point_of("Task.run", "method", ", workflow_id: context.id, workflow_name: queue, node_id: log.name"));
    ASSERT_TRUE(planned) << planned.error().message();
    ASSERT_TRUE(planned->points[0].is_observed()) << planned->points[0].why_not();
    const PlannedCode& code = planned->codes.at(0);
    EXPECT_EQ(code.workflow_id->variable.position, 1);
    EXPECT_NE(code.workflow_id->hash, 0U);
    EXPECT_EQ(code.workflow_name->variable.closure, 0);
    EXPECT_EQ(code.node_id->variable.position, -1) << "by its name only";
    const Result<Plan> decorated = plan(point_of("Task.decorated", "method", ", node_id: context.id"));
    ASSERT_TRUE(decorated) << decorated.error().message();
    EXPECT_EQ(decorated->codes.at(0).node_id->variable.position, 1) << "of what the decorator passes it to";
    const auto entry = std::ranges::find(planned->probes, Program::kPythonCallEntry, &PlannedProbe::program);
    ASSERT_NE(entry, planned->probes.end());
    ASSERT_NE(entry->as<CallEntry>(), nullptr);
    EXPECT_TRUE(entry->as<CallEntry>()->arguments) << "the arguments are intact at its site";
    EXPECT_THAT(why_not(point_of("Task.run", "method", ", node_id: late.id")),
                HasSubstr("late has no value yet when the method is called: only its parameters have one"));
    EXPECT_THAT(why_not(point_of("Task.run", "method", ", node_id: 'rest[0]'")),
                HasSubstr("rest has no value"));
}

}  // namespace
}  // namespace flowtap::profile_help_test
