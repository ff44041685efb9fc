// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "plan/plan.h"

namespace flowtap::plan_text_test {
namespace {

using testing::HasSubstr;
using testing::Not;

PlannedPoint planned_point(const std::string& name, PointKind kind) {
    PlannedPoint planned;
    planned.profile = "engine";
    planned.point.name = name;
    planned.point.kind = kind;
    return planned;
}

Plan sample() {
    Plan plan;
    plan.pid = 4711;
    plan.exe = "/usr/bin/engine";
    PlannedPoint run = planned_point("run", PointKind::kWorkflow);
    run.point.symbol = "engine_run";
    run.observe_by(PointMechanism::kEntryAndReturns);
    run.warnings = {"it may bite"};
    PlannedPoint node = planned_point("node", PointKind::kNode);
    node.point.function = {"engine.core", "Node.execute"};
    node.wait("module engine.core is not imported yet");
    plan.points = {run, node};
    PlannedProbe probe;
    probe.name = "run:entry";
    probe.file = "/proc/4711/root/usr/bin/engine";
    probe.file_offset = 0x1040;
    probe.address = 0x401040;
    probe.cost = SiteCost::kEmulated;
    probe.why = "a push";
    probe.point = 0;
    plan.probes = {probe};
    return plan;
}

std::string sites_of(const Plan& plan) { return to_text(plan, PlanDetail::kSites); }

TEST(PlanText, HasALineForEachPointAndSaysWhatIsNotSeen) {
    Plan plan = sample();
    plan.points[0].origins = {{"workflow_id", "arg0: string at rdi"}};
    EXPECT_EQ(to_text(plan),
              "process 4711: /usr/bin/engine\n"
              "\n"
              "POINT        KIND      OBSERVED BY        COST   ID FROM\n"
              "engine/run   workflow  entry and returns  1 hit  arg0: string at rdi\n"
              "engine/node  node      NOT OBSERVED       -      -\n"
              "\n"
              "not seen, and what to do:\n"
              "  run: it may bite\n"
              "  node: module engine.core is not imported yet; flowtap run attaches to it as soon as it is "
              "there\n"
              "\n"
              "1 of 2 points observed, by 1 probe site and 0 hardware watches (--sites lists them)\n"
              "cost: the probe hits of one execution, at this machine's price of a hit; those of Python "
              "points are the profile's expected_hits (-: it gives none)\n");
}

TEST(PlanText, ListsSitesOnlyWhereTheyAreAskedFor) {
    Plan plan = sample();
    EXPECT_THAT(to_text(plan), Not(HasSubstr("0x401040")));
    const std::string text = sites_of(plan);
    EXPECT_THAT(text, HasSubstr("engine/run: engine_run\n"));
    EXPECT_THAT(text, HasSubstr("run:entry at 0x401040 (/proc/4711/root/usr/bin/engine+0x1040), emulated"));
    EXPECT_THAT(text, HasSubstr(": a push\n"));
    EXPECT_THAT(text, Not(HasSubstr("Python functions")));
}

TEST(PlanText, AddsUpTheDearestPlacesOfANativePoint) {
    Plan plan = sample();
    plan.prices = {.emulated = 1e-6, .single_stepped = 20e-6};
    plan.probes[0].point = 0;
    PlannedProbe exit = plan.probes[0];
    exit.name = "run:return";
    plan.probes.push_back(exit);
    exit.cost = SiteCost::kSingleStep;
    plan.probes.push_back(exit);
    EXPECT_THAT(to_text(plan), HasSubstr("2 hits, 21 us"));
}

TEST(PlanText, NamesTheInterpreter) {
    Plan plan = sample();
    plan.interpreter = "CPython 3.11.2";
    plan.codes.resize(3);
    EXPECT_THAT(to_text(plan), HasSubstr("/usr/bin/engine (CPython 3.11.2)\n"));
    EXPECT_THAT(sites_of(plan), HasSubstr("Python functions known to the probes: 3\n"));
}

TEST(PlanText, SaysOnceWhatIsSoOfSeveralPoints) {
    Plan plan = sample();
    plan.points.push_back(plan.points[1]);
    plan.points.back().point.name = "other";
    EXPECT_THAT(to_text(plan), HasSubstr("\n  node, other: module engine.core is not imported yet"));
}

TEST(PlanText, SaysWhereAPythonPointsIdsComeFrom) {
    Plan plan = sample();
    PlannedPoint& node = plan.points[1];
    node.point.ids.node_id = PythonPath{"self", {{PathStep::Kind::kAttribute, "_node_id"}}};
    node.point.callers = {
        {.function = {"engine.core", "Engine.run"},
         .ids = {.workflow_id = PythonPath{"workflow", {{PathStep::Kind::kAttribute, "id"}}},
                 .workflow_name = {},
                 .node_id = PythonPath{"node_id", {}}}}};
    node.point.callers.push_back(node.point.callers[0]);
    EXPECT_THAT(to_text(plan), HasSubstr("node_id, self._node_id\n"));
    EXPECT_THAT(sites_of(plan), HasSubstr("    workflow_id from workflow.id\n"));
    EXPECT_EQ(nlohmann::json::parse(to_json(plan)).at("points").at(1).at("ids").at("node_id"),
              "node_id, self._node_id");
}

Plan priced_sample() {
    PlannedPoint node = planned_point("node", PointKind::kNode);
    node.point.function = {"engine.core", "Node.execute"};
    node.observe_by(PointMechanism::kMethodCalls, Exactness::kExact, ExpectedCost{39, 230, 31.2});
    Candidate variable;
    variable.mechanism = PointMechanism::kContextVariable;
    variable.exactness = Exactness::kCounts;
    variable.misses = "durations are those of its run";
    variable.expected = ExpectedCost{2.2, 1.76, 1.76};
    Candidate creations;
    creations.mechanism = PointMechanism::kCoroutineLifetimes;
    creations.absent = "this build has no place for them";
    node.rejected = {variable, creations};
    Plan plan;
    plan.pid = 7;
    plan.exe = "/usr/bin/python3.11";
    plan.interpreter = "CPython 3.11.2";
    plan.points = {node};
    return plan;
}

TEST(PlanText, SaysWhatEachPointCostsAndWhatElseThereWas) {
    const std::string text = to_text(priced_sample(), PlanDetail::kSites);
    EXPECT_THAT(text,
                HasSubstr("engine/node  node  bound-method calls from C  about 39 hits, 31 to 230 us  -\n"));
    EXPECT_THAT(
        text,
        HasSubstr(
            "    not by context variable: about 2.2 hits, 1.8 us; durations are those of "
            "its run\n"
            "    not by coroutine creations, steps and completions: this build has no place for them\n"));
    EXPECT_THAT(text, Not(HasSubstr("not seen")));
}

TEST(PlanText, ShowsTheLimitsOfPointsThatAreObserved) {
    Plan plan = priced_sample();
    PlannedPoint& node = plan.points[0];
    node.point.limits = {"A node that raises early is not counted."};
    PlannedPoint other = node;
    other.point.name = "other";
    plan.points.push_back(other);
    EXPECT_THAT(to_text(plan),
                HasSubstr("\nknown limits:\n  node, other: A node that raises early is not counted.\n"));
    EXPECT_EQ(nlohmann::json::parse(to_json(plan)).at("points").at(1).at("limits"),
              nlohmann::json({"A node that raises early is not counted."}));

    for (PlannedPoint& point : plan.points) point.state = Unobserved{};
    EXPECT_THAT(to_text(plan), Not(HasSubstr("known limits")));
}

TEST(PlanText, SaysWhatWouldSeeMore) {
    Plan plan = priced_sample();
    PlannedPoint& node = plan.points[0];
    std::get<Observed>(node.state).exactness = Exactness::kCounts;
    node.notes = {"durations are those of its run"};
    node.rejected[0].exactness = Exactness::kExact;
    EXPECT_THAT(
        to_text(plan),
        HasSubstr("not seen, and what to do:\n  node: durations are those of its run; --prefer complete "
                  "sees all of it (context variable, about 2.2 hits, 1.8 us)\n"));
    node.notes.clear();
    EXPECT_THAT(to_text(plan),
                HasSubstr("\n  node: not all of its time is seen; --prefer complete sees all of it ("));
}

// An engine whose profile has no figures.
TEST(PlanText, HasNoCostsThatWereNotMeasured) {
    Plan plan = priced_sample();
    PlannedPoint& node = plan.points[0];
    std::get<Observed>(node.state).expected.reset();
    node.rejected[0].expected.reset();
    EXPECT_THAT(sites_of(plan), HasSubstr("engine/node  node  bound-method calls from C  -     -\n"));
    EXPECT_THAT(sites_of(plan), HasSubstr("not by context variable: durations are those of its run\n"));
    const nlohmann::json point = nlohmann::json::parse(to_json(plan)).at("points").at(0);
    EXPECT_TRUE(point.at("expected").is_null());
    EXPECT_TRUE(point.at("rejected").at(0).at("expected").is_null());

    node.rejected[0].misses.clear();
    EXPECT_THAT(sites_of(plan), HasSubstr("not by context variable: it usually costs more\n"));
    std::get<Observed>(node.state).exactness = Exactness::kCounts;
    node.rejected[0].exactness = Exactness::kExact;
    EXPECT_THAT(to_text(plan), HasSubstr("--prefer complete sees all of it (context variable)\n"));
}

TEST(PlanJson, SaysWhatEachPointCostsAndWhatElseThereWas) {
    const nlohmann::json point = nlohmann::json::parse(to_json(priced_sample())).at("points").at(0);
    EXPECT_EQ(point.at("exactness"), "exact");
    EXPECT_EQ(point.at("expected").at("microseconds"), 230);
    EXPECT_EQ(point.at("expected").at("least_microseconds"), 31.2);
    ASSERT_EQ(point.at("rejected").size(), 2u);
    EXPECT_EQ(point["rejected"][0].at("mechanism"), "context variable");
    EXPECT_EQ(point["rejected"][0].at("exactness"), "counts");
    EXPECT_EQ(point["rejected"][0].at("expected").at("hits"), 2.2);
    EXPECT_EQ(point["rejected"][1].at("absent"), "this build has no place for them");
    EXPECT_TRUE(point["rejected"][1].at("expected").is_null());
    EXPECT_TRUE(nlohmann::json::parse(to_json(sample())).at("points").at(1).at("exactness").is_null())
        << "it is not observed";
}

TEST(PlanText, SaysWhatAHitCostsOnThisMachine) {
    Plan plan = sample();
    EXPECT_THAT(sites_of(plan), HasSubstr("+0x1040), emulated: a push\n")) << "no price is known";
    plan.prices.emulated = 5.34e-6;
    EXPECT_THAT(sites_of(plan), HasSubstr("+0x1040), emulated (5.34 us a hit): a push\n"));
    plan.untried = "no BPF";
    EXPECT_THAT(to_text(plan),
                HasSubstr("the self-test did not run on this machine, so prices are unknown: no BPF\n"));
}

TEST(PlanJson, CarriesThePrices) {
    Plan plan = sample();
    plan.prices = {.emulated = 5.5e-6, .single_stepped = 2e-5};
    const nlohmann::json prices = nlohmann::json::parse(to_json(plan)).at("prices_seconds");
    EXPECT_EQ(prices.at("emulated"), 5.5e-6);
    EXPECT_EQ(prices.at("single_stepped"), 2e-5);
    EXPECT_TRUE(prices.at("hardware_watch").is_null());
}

TEST(PlanText, WritesNumbersAfterAddressesInDecimal) {
    Plan plan = sample();
    plan.codes.resize(26);
    EXPECT_THAT(sites_of(plan), HasSubstr("known to the probes: 26\n"));
}

TEST(PlanJson, HasEveryPartForPrograms) {
    Plan plan = sample();
    PlannedCode code;
    code.qualname = "Node.execute";
    code.address = 0x1234;
    plan.codes = {code};
    const nlohmann::json json = nlohmann::json::parse(to_json(plan));
    EXPECT_EQ(json.at("pid"), 4711);
    EXPECT_EQ(json.at("exe"), "/usr/bin/engine");
    ASSERT_EQ(json.at("points").size(), 2u);
    EXPECT_EQ(json["points"][0].at("name"), "run");
    EXPECT_EQ(json["points"][0].at("kind"), "workflow");
    EXPECT_EQ(json["points"][0].at("observed"), true);
    EXPECT_EQ(json["points"][0].at("warnings").at(0), "it may bite");
    EXPECT_EQ(json["points"][1].at("pending"), true);
    EXPECT_EQ(json["points"][1].at("function"), "engine.core:Node.execute");
    EXPECT_EQ(json["points"][1].at("why_not"), "module engine.core is not imported yet");
    ASSERT_EQ(json.at("probes").size(), 1u);
    EXPECT_EQ(json["probes"][0].at("program"), "native_entry");
    EXPECT_EQ(json["probes"][0].at("address"), 0x401040);
    EXPECT_EQ(json["probes"][0].at("file_offset"), 0x1040);
    EXPECT_EQ(json["probes"][0].at("cost"), "emulated");
    EXPECT_EQ(json.at("functions").at(0).at("code"), 0x1234);
}

TEST(PlanJson, IsValidWhateverBytesATargetsNamesHave) {
    Plan plan = sample();
    plan.exe = "/tmp/\xff\xfe\"\n";
    PlannedCode code;
    code.qualname = "broken \xc3";
    plan.codes = {code};
    EXPECT_TRUE(nlohmann::json::accept(to_json(plan)));
}

TEST(Plans, ObserveNothingUntilAPointIsObserved) {
    Plan plan;
    EXPECT_FALSE(plan.observes_anything());
    plan = sample();
    EXPECT_TRUE(plan.observes_anything());
    plan.points[0].give_up("no site");
    EXPECT_FALSE(plan.observes_anything());
}

}  // namespace
}  // namespace flowtap::plan_text_test
