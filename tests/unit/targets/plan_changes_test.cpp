// SPDX-License-Identifier: Apache-2.0
#include "targets/plan_changes.h"

#include <gmock/gmock.h>

#include "tests/unit/process/fake_memory.h"

namespace flowtap::plan_changes_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Numbers = std::vector<std::uint32_t>;

// Of a process with these interpreters, in some of which its one point is observed.
Plan plan_with(const Numbers& interpreters, const Numbers& observed, std::uint32_t next) {
    Plan plan;
    PlannedPoint point;
    point.profile = "engine";
    point.point.name = "node";
    if (!observed.empty()) point.observe_by(PointMechanism::kMethodCalls);
    point.interpreters = observed;
    plan.points.push_back(point);
    plan.interpreters = interpreters;
    plan.next_interpreter = next;
    return plan;
}

std::uint64_t ended(const Plan& older, const Plan& newer, const std::set<std::uint32_t>& ever_observed = {}) {
    std::set<std::uint32_t> observed = observed_subinterpreters(older);
    observed.insert(ever_observed.begin(), ever_observed.end());
    return ended_unobserved(older, newer, observed);
}

TEST(PlanChanges, NamePointsAndSubinterpretersThatAreObservedNow) {
    const Plan none = plan_with({0, 1}, {}, 2);
    const Plan main = plan_with({0, 1}, {0}, 2);
    const Plan all = plan_with({0, 1, 2}, {0, 1, 2}, 3);
    EXPECT_THAT(newly_observed(none, main), ElementsAre("engine/node"));
    EXPECT_THAT(newly_observed(main, all), IsEmpty()) << "in more interpreters";
    EXPECT_THAT(observed_subinterpreters(none), IsEmpty());
    EXPECT_THAT(observed_subinterpreters(all), ElementsAre(1, 2));
    EXPECT_THAT(newly_observed(all, main), IsEmpty());
}

TEST(PlanChanges, NameWhatBecameInexact) {
    const Plan exact = plan_with({0}, {0}, 1);
    Plan inexact = exact;
    inexact.points[0].warnings = {"not observed: run of Odd"};
    Plan more = inexact;
    more.points[0].warnings.emplace_back("only observed where called: run of Kept");
    EXPECT_THAT(newly_inexact(exact, inexact), ElementsAre("engine/node: not observed: run of Odd"));
    EXPECT_THAT(newly_inexact(inexact, more),
                ElementsAre("engine/node: only observed where called: run of Kept"));
    EXPECT_THAT(newly_inexact(more, exact), IsEmpty());
    Plan unobserved = more;
    unobserved.points[0].give_up("no site");
    EXPECT_THAT(newly_inexact(exact, unobserved), IsEmpty()) << "that is said otherwise";
}

TEST(PlanChanges, AreSaidInFewLines) {
    unsigned said = 0;
    EXPECT_THAT(inexact_lines({"run of Odd"}, said), ElementsAre("not exact: run of Odd"));
    const std::vector<std::string> lines = inexact_lines(std::vector<std::string>(100, "run of Odd"), said);
    ASSERT_EQ(lines.size(), kMostInexactLines - 1);
    EXPECT_EQ(lines.back(), "not exact: more points; /api/v1/status lists them all");
    EXPECT_THAT(inexact_lines({"run of Odd"}, said), IsEmpty());
}

TEST(PlanChanges, TellAFunctionFromAnothersAtItsAddress) {
    Plan one;
    one.codes.resize(1);
    one.codes[0].address = 0x1000;
    one.codes[0].interpreter = 1;
    Plan other = one;
    EXPECT_EQ(known_codes(one), known_codes(other));
    other.codes[0].interpreter = 2;
    EXPECT_NE(known_codes(one), known_codes(other));
}

TEST(PlanChanges, AsANewRoleAreNew) {
    Plan one;
    one.codes.resize(1);
    one.codes[0].roles = {CodeRole::kCaller};
    Plan other = one;
    other.codes[0].roles.add(CodeRole::kWorkflow);
    EXPECT_NE(known_codes(one), known_codes(other));
}

TEST(PlanChanges, NameTheFunctionsThatHaveRunBefore) {
    FakeMemory memory;
    memory.map(0x1000, 32);
    memory.put(0x1000, 207);
    memory.put(0x1010, 149);
    const auto code = [](const char* name, std::uint64_t address, std::uint64_t mark) {
        PlannedCode planned;
        planned.address = address;
        planned.qualname = name;
        if (mark != 0) planned.run_mark = RunMark{mark, 1, {207}, false};
        return planned;
    };
    Plan plan;
    plan.codes = {code("known", 1, 0x1000),   code("run", 2, 0x1000), code("run again", 3, 0x1000),
                  code("waiting", 4, 0x1010), code("unmarked", 5, 0), code("gone", 6, 0xdead0000)};
    Plan older;
    older.codes = {plan.codes[0]};
    EXPECT_THAT(run_before(older, plan, memory), ElementsAre("run"));
}

TEST(PlanChanges, NameTheFunctionsWhoseCodeWasReplaced) {
    FakeMemory memory;
    memory.map(0x1000, 32);
    memory.put(0x1000, 207);
    memory.put(0x1010, 149);
    const auto code = [](const char* name, std::uint64_t address, std::uint64_t function) {
        PlannedCode planned;
        planned.address = address;
        planned.qualname = name;
        planned.roles = {CodeRole::kNode};
        planned.function_object = function;
        return planned;
    };
    Plan older;
    older.codes = {code("same", 1, 0x100), code("run", 2, 0x200), code("waiting", 3, 0x300),
                   code("shared", 4, 0x400), code("called", 5, 0x500)};
    Plan newer = older;
    for (std::size_t i = 1; i < newer.codes.size(); ++i) newer.codes[i].address += 10;
    newer.codes[1].run_mark = RunMark{0x1000, 1, {207}, false};
    newer.codes[2].run_mark = RunMark{0x1010, 1, {207}, false};
    newer.codes[4].roles = {CodeRole::kCaller};
    PlannedCode own = newer.codes[3];
    own.address = own.function_object.value();
    newer.codes.push_back(own);
    EXPECT_THAT(run_before(older, newer, memory),
                ElementsAre("run (its code was replaced)", "shared (its code was replaced)"));
}

TEST(PlanChanges, CountSubinterpretersThatEndedUnobserved) {
    const Plan before = plan_with({0, 1, 2}, {0, 1}, 3);
    EXPECT_EQ(ended(before, before), 0U);
    EXPECT_EQ(ended(before, plan_with({0, 2}, {0}, 3)), 0U) << "1 was observed";
    EXPECT_EQ(ended(before, plan_with({0, 1}, {0}, 3)), 1U) << "2 was not";
    EXPECT_EQ(ended(before, plan_with({0, 1}, {0}, 3), {2}), 0U) << "2 was, before it began to end";
}

TEST(PlanChanges, CountSubinterpretersThatCameAndWent) {
    const Plan before = plan_with({0, 1}, {0, 1}, 2);
    EXPECT_EQ(ended(before, plan_with({0, 1, 5}, {0, 1, 5}, 6)), 3U) << "2, 3 and 4";
    EXPECT_EQ(ended(before, plan_with({0, 1, 2}, {0, 1}, 3)), 0U);
}

// The list is read after the next number: it may have one more.
TEST(PlanChanges, CountNoSubinterpreterTwice) {
    const Plan before = plan_with({0, 1, 2}, {0}, 2);
    const Plan after = plan_with({0}, {0}, 3);
    EXPECT_EQ(ended(before, after), 2U) << "1 and 2";
    EXPECT_EQ(ended(plan_with({0, 1, 2}, {0, 1, 2}, 2), after), 0U) << "both were observed";
    EXPECT_EQ(ended(plan_with({0}, {0}, 1), before), 0U) << "2 is of the next one";
}

}  // namespace
}  // namespace flowtap::plan_changes_test
