// SPDX-License-Identifier: Apache-2.0
#include "exporter/views/top_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <regex>

#include "exporter/views/terminal_text.h"
#include "exporter/views/top_keys.h"

namespace flowtap::top_view_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

ActivityRow workflow(const std::string& id, double rate) {
    ActivityRow row{.workflow_id = id, .started = 1234, .active = 2, .rate = rate};
    row.oldest_active_seconds = 3.5;
    row.p50 = 0.004;
    row.p99 = 0.02;
    row.share = 0.25;
    return row;
}

ActivityRow node(const std::string& workflow_id, const std::string& id, double rate) {
    ActivityRow row = workflow(workflow_id, rate);
    row.node_id = id;
    row.node_type = "PythonCodeNode";
    row.oldest_active_seconds.reset();
    return row;
}

StatusReport report_of(std::size_t workflows, std::size_t nodes) {
    StatusReport report;
    report.activity.seconds = 5;
    for (std::size_t i = 0; i < workflows; ++i)
        report.activity.workflows.push_back(workflow("flow-" + std::to_string(i), 100.0 - double(i)));
    for (std::size_t i = 0; i < nodes; ++i)
        report.activity.nodes.push_back(node("flow-0", "node-" + std::to_string(i), 100.0 - double(i)));
    report.targets = {{.pid = 1}, {.pid = 2, .state = TargetState::kGone}};
    return report;
}

std::string text_of(const std::vector<std::string>& lines) {
    return std::accumulate(
        lines.begin(), lines.end(), std::string(),
        [](const std::string& text, const std::string& line) { return text + line + "\n"; });
}

std::string line_with(const std::vector<std::string>& lines, const std::string& part) {
    for (const std::string& line : lines)
        if (line.find(part) != std::string::npos) return line;
    return "no line with " + part;
}

std::string without_styles(const std::string& line) {
    static const std::regex kStyle("\x1b\\[[0-9;]*m");
    return std::regex_replace(line, kStyle, "");
}

TEST(TopView, ShowsTheReport) {
    StatusReport report = report_of(1, 1);
    report.activity.workflows[0].error_rate = 0.5;
    report.activity.workflow_totals = {.rate = 100, .error_rate = 0.5, .active = 2};
    const auto lines = top_lines(report, {.source = "http://host:9847"}, {.columns = 120});
    EXPECT_EQ(lines[0], "flowtap top · http://host:9847 · healthy · over the last 5.0 s");
    EXPECT_THAT(lines[1], HasSubstr("1 target, 1 gone · workflows 100/s, failed 0.5/s, active 2"));
    EXPECT_EQ(line_with(lines, "flow-0 "),
              "flow-0                               100/s     0.5/s        2     3.5 s   4.0 ms    20 ms     "
              "   –     25 %"
              "        1,234");
    EXPECT_THAT(line_with(lines, "node-0"), HasSubstr("PythonCode"));
    EXPECT_THAT(line_with(lines, "NODE"), Not(HasSubstr("OLDEST"))) << "which is known of workflows";
}

TEST(TopView, FitsEveryScreen) {
    StatusReport report = report_of(40, 60);
    report.activity.workflows[3].workflow_id = std::string(300, 'w');
    report.activity.nodes[3].node_id = "注文処理注文処理注文処理注文処理注文処理注文処理注文処理";
    report.activity.nodes[3].error_rate = 1;
    report.reception.events_lost = 1;
    for (std::size_t columns = 1; columns < 200; columns += 7) {
        for (std::size_t rows = 1; rows < 60; rows += 5) {
            const TopView view{.source = "here", .keys = true, .news = "attached"};
            const auto lines = top_lines(report, view, {columns, rows, true, true});
            ASSERT_LE(lines.size(), rows);
            for (const std::string& line : lines)
                ASSERT_LE(columns_of(without_styles(line)), columns) << columns << ": " << line;
        }
    }
}

TEST(TopView, AllNumbersOfATableStandInTheirColumn) {
    const auto lines = top_lines(report_of(3, 3), {.source = "here"}, {.columns = 100});
    const std::size_t width = columns_of(line_with(lines, "WORKFLOW"));
    for (const char* id : {"flow-0", "flow-1", "flow-2"})
        EXPECT_EQ(columns_of(line_with(lines, id)), width) << id;
}

TEST(TopView, CountsRowsThatDoNotFit) {
    StatusReport report = report_of(40, 60);
    report.activity.unlisted_nodes = 1000;
    const auto all = text_of(top_lines(report, {}, {.columns = 100, .rows = 0}));
    EXPECT_THAT(all, HasSubstr("flow-39"));
    EXPECT_THAT(all, HasSubstr("\n… 1,000 more\n"));
    const auto lines = top_lines(report, {}, {.columns = 100, .rows = 24});
    const std::string some = text_of(lines);
    std::smatch found;
    ASSERT_TRUE(std::regex_search(some, found, std::regex("flow-([0-9]+) .*\n… ([0-9]+) more\n"))) << some;
    EXPECT_EQ(std::stoi(found[1]) + 1 + std::stoi(found[2]), 40);
    EXPECT_EQ(lines.size(), 24U) << "and uses what there is";
}

TEST(TopView, LeavesOutTheLeastTellingColumnsOnANarrowScreen) {
    const StatusReport report = report_of(1, 1);
    const std::string narrow = line_with(top_lines(report, {}, {.columns = 40}), "WORKFLOW");
    EXPECT_THAT(narrow, HasSubstr("RATE"));
    EXPECT_THAT(narrow, HasSubstr("ERRORS"));
    EXPECT_THAT(narrow, Not(HasSubstr("STARTED")));
    EXPECT_THAT(line_with(top_lines(report, {}, {.columns = 200}), "WORKFLOW"), HasSubstr("FAILED"));
}

TEST(TopView, NeverCutsANumber) {
    StatusReport report = report_of(1, 0);
    report.activity.workflows[0].started = 1'234'567'890'123;
    const std::string line = line_with(top_lines(report, {}, {.columns = 200}), "flow-0");
    EXPECT_THAT(line, HasSubstr("###########"));
    EXPECT_THAT(line, Not(HasSubstr("1,234,567")));
}

TEST(TopView, SortsAsToldAndKeepsTheBusierBeforeEquals) {
    std::vector<ActivityRow> rows = {workflow("a", 9), workflow("b", 8), workflow("c", 7)};
    rows[1].p99 = 5;
    rows[2].p99.reset();
    const auto ids = [&rows](TopOrder order) {
        sort_rows(rows, order);
        return std::vector{rows[0].workflow_id, rows[1].workflow_id, rows[2].workflow_id};
    };
    EXPECT_THAT(ids(TopOrder::kP99), ElementsAre("b", "a", "c"));
    EXPECT_THAT(ids(TopOrder::kActive), ElementsAre("b", "a", "c"));
    EXPECT_THAT(ids(TopOrder::kRate), ElementsAre("a", "b", "c"));
}

TEST(TopView, SaysWhyItsNumbersMayBeLessThanTheTruth) {
    EXPECT_THAT(text_of(top_lines(report_of(1, 1), {}, {})), Not(HasSubstr("lost")));
    StatusReport report = report_of(1, 1);
    report.reception.events_lost = 7;
    report.targets[0].points = {{.name = "node", .state = PointState::kUnobserved},
                                {.name = "run", .state = PointState::kInexact},
                                {.name = "step", .state = PointState::kInexact},
                                {.name = "later", .state = PointState::kWaiting}};
    report.health.reasons = {"ring buffer: full"};
    const std::string text = text_of(top_lines(report, {.trouble = "fetch: refused"}, {.columns = 120}));
    EXPECT_THAT(text, HasSubstr("unhealthy: ring buffer: full"));
    EXPECT_THAT(
        text,
        HasSubstr("out of date: fetch: refused · 1 point not observed · 2 points not exact · 7 events lost"));
}

TEST(TopView, SaysWhichPointsAreNotObservedAndWhatCanBeTyped) {
    StatusReport report = report_of(1, 1);
    report.targets[0].points = {
        {.name = "engine/node", .state = PointState::kUnobserved, .remark = "no site"},
        {.name = "engine/run", .state = PointState::kInexact, .remark = "not all"},
        {.name = "engine/step"},
        {.name = "engine/later", .state = PointState::kWaiting}};
    const std::string text = text_of(top_lines(report, {.pane = TopPane::kPoints}, {.columns = 80}));
    EXPECT_THAT(text, HasSubstr("NOT OBSERVED"));
    EXPECT_THAT(text, HasSubstr("\nprocess 1, engine/node: no site\n"));
    EXPECT_THAT(text, HasSubstr("\nprocess 1, engine/run: not all\n"));
    EXPECT_THAT(text, HasSubstr("1 point observed exactly, 1 waiting for its module or class"));
    EXPECT_THAT(text, HasSubstr("x errors by type"));
    EXPECT_THAT(text,
                HasSubstr("sort by: r rate, e errors, a active, 5 p50, 9 p99, c critical path, t time"));
    EXPECT_THAT(text, HasSubstr("/ filter by workflow, node or type: Enter keeps it, Esc clears it"));
    EXPECT_THAT(text, Not(HasSubstr("flow-0")));
}

TEST(TopView, TellsErrorsByType) {
    StatusReport report = report_of(1, 1);
    report.activity.workflows[0].errors = {{"RuntimeError", 3}};
    report.activity.nodes[0].errors = {{"ValueError", 1200}, {"KeyError", 1}};
    const auto lines = top_lines(report, {.pane = TopPane::kErrors}, {.columns = 80});
    EXPECT_EQ(line_with(lines, "ValueError"), "     1,200  ValueError  flow-0 / node-0");
    EXPECT_EQ(line_with(lines, "RuntimeError"), "         3  RuntimeError  flow-0");
    const std::string text = text_of(lines);
    EXPECT_LT(text.find("ValueError"), text.find("RuntimeError"));
    EXPECT_LT(text.find("RuntimeError"), text.find("KeyError"));
}

TEST(TopView, ShowsOnlyWhatMatchesTheFilter) {
    const StatusReport report = report_of(12, 12);
    const std::string text = text_of(top_lines(report, {.filter = "node-1", .keys = true}, {.columns = 100}));
    EXPECT_THAT(text, HasSubstr("only *node-1* · Esc shows all · / filter · q quit"));
    EXPECT_THAT(text, HasSubstr("\nnode-11 "));
    EXPECT_THAT(text, Not(HasSubstr("\nnode-2 ")));
    EXPECT_THAT(text, Not(HasSubstr("\nflow-")));
}

TEST(TopView, NamesItsKeys) {
    EXPECT_THAT(text_of(top_lines(report_of(1, 1), {.keys = true}, {.columns = 100})),
                HasSubstr("q quit · ? points, keys · x errors · / filter · sort: r rate, e errors, c path"));
}

TEST(TopView, BreaksItsHeadIntoLinesThatFit) {
    StatusReport report = report_of(1, 1);
    report.targets[0].hits_per_second = 12'000;
    report.targets[0].overhead = 0.034;
    const auto lines = top_lines(report, {.source = "here", .keys = true}, {.columns = 80, .rows = 24});
    EXPECT_THAT(text_of(lines), HasSubstr("at most 3.4 % overhead"));
    for (const std::string& line : lines) EXPECT_THAT(line, Not(HasSubstr("…")));
}

TEST(TopKeys, ChangeTheView) {
    TopView view;
    EXPECT_EQ(type_keys(view, "e ?"), KeyMeaning::kStay);
    EXPECT_EQ(view.order, TopOrder::kErrors);
    EXPECT_TRUE(view.paused);
    EXPECT_EQ(view.pane, TopPane::kPoints);
    type_keys(view, "x");
    EXPECT_EQ(view.pane, TopPane::kErrors);
    type_keys(view, "x");
    EXPECT_EQ(view.pane, TopPane::kTables);
    EXPECT_EQ(type_keys(view, "q"), KeyMeaning::kQuit);
}

TEST(TopKeys, TypeAFilterUntilEnter) {
    TopView view;
    EXPECT_EQ(type_keys(view, "/q\xc3\xa4x\x7f\x7f\x7f"), KeyMeaning::kStay) << "q is a letter there";
    EXPECT_EQ(view.filter, "");
    type_keys(view, "etl\n");
    EXPECT_FALSE(view.filtering);
    EXPECT_EQ(view.filter, "etl");
    type_keys(view, "\x1b[A");
    EXPECT_EQ(view.filter, "etl") << "an arrow key is none of ours";
    type_keys(view, "\x1b");
    EXPECT_EQ(view.filter, "");
    type_keys(view, "/" + std::string(1000, 'a'));
    EXPECT_LE(view.filter.size(), 64U);
}

TEST(TopView, ReplacesControlSequences) {
    const std::string evil = "\x1b]0;owned\x07\x1b[2J\r\n\u009b1m\x9b";
    StatusReport report = report_of(1, 1);
    report.activity.workflows[0].workflow_id = evil;
    report.activity.nodes[0] = node(evil, evil, 1);
    report.activity.nodes[0].node_type = evil;
    report.health.reasons = {evil};
    const TopView view{.source = evil, .trouble = evil, .news = evil};
    for (const bool utf8 : {true, false}) {
        for (const std::string& line : top_lines(report, view, {.columns = 150, .utf8 = utf8})) {
            for (const char byte : line) {
                EXPECT_GE(static_cast<unsigned char>(byte), 0x20) << line;
                EXPECT_TRUE(utf8 || static_cast<unsigned char>(byte) < 0x7f) << line;
            }
            EXPECT_THAT(line, Not(HasSubstr("\u009b")));
        }
    }
}

TEST(TopView, SaysThatThereAreNoTargets) {
    const std::string text = text_of(top_lines({}, {.source = "here"}, {}));
    EXPECT_THAT(text, HasSubstr("0 targets"));
    EXPECT_THAT(text, HasSubstr("none yet"));
}

}  // namespace
}  // namespace flowtap::top_view_test
