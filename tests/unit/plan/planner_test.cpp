// SPDX-License-Identifier: Apache-2.0
#include "plan/planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "process/mapped_file.h"
#include "process/remote_memory.h"
#include "python/versions/supported.h"
#include "python_planned.h"

// A function of this very process; no inlining, no tail call.
extern "C" __attribute__((noinline)) int flowtap_planner_target(int x);
extern "C" int flowtap_planner_target(int x) {
    __asm__ volatile("" : "+r"(x));
    return x + 1;
}

namespace flowtap::planner_test {
namespace {

using testing::HasSubstr;

Profile native_profile(const std::string& binary, const std::string& symbol) {
    Profile profile;
    profile.name = "native-engine";
    profile.source = "mine.yaml";
    profile.runtime = Runtime::kNative;
    profile.binaries = {binary};
    Point point;
    point.name = "run";
    point.symbol = symbol;
    profile.points = {point};
    return profile;
}

class Planner : public testing::Test {
protected:
    Planner() : facts_(*read_process_facts(getpid())), memory_(*RemoteMemory::open(getpid())) {}

    Result<Plan> plan(const std::vector<Profile>& profiles) const {
        return plan_process(facts_, memory_, profiles);
    }
    std::string own_name() const { return facts_.exe.substr(facts_.exe.rfind('/') + 1); }

    ProcessFacts facts_;
    RemoteMemory memory_;
};

TEST_F(Planner, FindsAFunctionWhereTheProcessHasIt) {
    const Result<Plan> planned = plan({native_profile(own_name(), "flowtap_planner_target")});
    ASSERT_TRUE(planned) << planned.error().message();
    EXPECT_EQ(planned->pid, getpid());
    EXPECT_EQ(planned->start_ticks, facts_.start_ticks);
    EXPECT_EQ(planned->exe, facts_.exe);
    EXPECT_EQ(planned->interpreter, "");
    EXPECT_FALSE(planned->python.has_value());
    const auto entry = std::ranges::find(planned->probes, Program::kNativeEntry, &PlannedProbe::program);
    ASSERT_NE(entry, planned->probes.end());
    const auto function = reinterpret_cast<std::uint64_t>(&flowtap_planner_target);
    EXPECT_GE(entry->address, function);
    EXPECT_LT(entry->address, function + 32);
}

TEST_F(Planner, NamesTheProfilesItTriedWhereNoneFits) {
    const Result<Plan> planned =
        plan({native_profile("absent", "f"),
              engine_profile("  - {name: p, kind: node, function: 'm:f', call: method}\n")});
    ASSERT_FALSE(planned);
    EXPECT_EQ(planned.error().kind, Error::Kind::kNoTarget);
    EXPECT_THAT(planned.error().message(),
                HasSubstr("process " + std::to_string(getpid()) + ": no profile fits"));
    EXPECT_THAT(planned.error().message(), HasSubstr(facts_.exe));
    EXPECT_THAT(planned.error().message(),
                testing::EndsWith(
                    "tried: native-engine, engine) (name a profile for its engine with --profile FILE)"));
}

TEST_F(Planner, NeedsAProfile) { EXPECT_FALSE(plan({})); }

TEST_F(Planner, HandsOnTheFaultOfAUsersProfile) {
    const Result<Plan> planned = plan({native_profile(own_name(), "flowtap_no_such_function")});
    ASSERT_FALSE(planned);
    EXPECT_EQ(planned.error().kind, Error::Kind::kUsage);
    EXPECT_THAT(planned.error().message(), HasSubstr("flowtap_no_such_function"));
}

class PlannerOfPython : public PythonPlanTest {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PlannerOfPython);
INSTANTIATE_TEST_SUITE_P(Found, PlannerOfPython, testing::ValuesIn(find_pythons(true)), python_test_name);

TEST_P(PlannerOfPython, NamesTheInterpreterWhereNoProfileFits) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const Result<Plan> planned = plan({engine_profile(
        "  - {name: p, kind: node, function: 'm:f', call: method}\n", kBuiltIn, "absent.engine")});
    ASSERT_FALSE(planned);
    EXPECT_EQ(planned.error().kind, Error::Kind::kNoTarget);
    EXPECT_THAT(planned.error().message(), HasSubstr("CPython 3." + std::to_string(GetParam().minor)));
    EXPECT_THAT(planned.error().message(), HasSubstr("tried: engine"));
}

TEST_P(PlannerOfPython, TakesANativeProfileOfTheInterpretersOwnBinaryToo) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script()));
    const auto facts = read_process_facts(python().pid());
    ASSERT_TRUE(facts);
    const auto mapping = std::ranges::find_if(facts->mappings, [&](const Mapping& one) {
        return one.executable && mapped_file_path(*facts, one) == interpreter().elf_path();
    });
    ASSERT_NE(mapping, facts->mappings.end());
    Profile native = native_profile(mapping->path.substr(mapping->path.rfind('/') + 1), "PyObject_GetIter");
    native.points[0].exit = ExitRule::kUretprobe;
    const Result<Plan> planned = plan(
        {native, engine_profile(
                     "  - {name: p, kind: workflow, function: 'engine.core:coroutine', call: coroutine}\n")});
    ASSERT_TRUE(planned) << planned.error().message();
    ASSERT_EQ(planned->points.size(), 2u);
    EXPECT_TRUE(planned->points[0].is_observed());
    EXPECT_TRUE(planned->points[1].is_observed()) << planned->points[1].why_not();
    EXPECT_EQ(planned->codes.at(0).point, 1u);
}

class PlannerOfUnsupportedPython : public testing::TestWithParam<PythonProgram> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PlannerOfUnsupportedPython);
INSTANTIATE_TEST_SUITE_P(Found, PlannerOfUnsupportedPython, testing::ValuesIn(find_pythons(false)),
                         python_test_name);

TEST_P(PlannerOfUnsupportedPython, SaysThatTheInterpreterIsTheReason) {
    const LivePython python(GetParam(),
                            "import sys\nprint('ready')\nsys.stdout.flush()\nsys.stdin.readline()\n");
    ASSERT_TRUE(python.ready());
    const auto facts = read_process_facts(python.pid());
    const auto memory = RemoteMemory::open(python.pid());
    ASSERT_TRUE(facts && memory);
    const std::vector<Profile> profiles = {
        engine_profile("  - {name: p, kind: node, function: 'm:f', call: method}\n", kBuiltIn, "sys")};
    const Result<Plan> planned = plan_process(*facts, *memory, profiles);
    ASSERT_FALSE(planned);
    EXPECT_EQ(planned.error().kind, Error::Kind::kNoTarget);
    EXPECT_THAT(planned.error().message(), HasSubstr("flowtap supports " + supported_pythons()));
}

}  // namespace
}  // namespace flowtap::planner_test
