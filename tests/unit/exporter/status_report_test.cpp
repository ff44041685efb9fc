// SPDX-License-Identifier: Apache-2.0
#include "exporter/views/status_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "exporter/views/status_page.h"

namespace flowtap::status_report_test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

StatusReport example() {
    StatusReport report{.version = "1.2"};
    TargetReport target{.pid = 42, .executable = "py <script>\xff&\"'", .profile = "kailash"};
    target.observed = {"runtime: plain uprobe"};
    target.inexact = {"run: not all"};
    target.unobserved = {"node: no site"};
    target.points = {{.name = "run",
                      .state = PointState::kInexact,
                      .mechanism = "<calls>",
                      .group = "calls",
                      .executions = 1200,
                      .hits = 4800,
                      .added_seconds = 0.25,
                      .remark = "not all"},
                     {.name = "step", .mechanism = "<calls>", .group = "calls", .executions = 7},
                     {.name = "node", .state = PointState::kUnobserved, .remark = "no site"},
                     {.name = "later", .state = PointState::kWaiting, .remark = "not imported yet"}};
    target.hits_per_second = 1200;
    target.overhead = 0.034;
    report.targets = {target};
    ActivityRow workflow{.workflow_id = "<b>etl", .started = 3, .active = 1};
    workflow.ended[Status::kFailed] = 2;
    workflow.rate = 1.5;
    workflow.p50 = 0.004;
    workflow.errors = {{"Value<Error>", 2}};
    workflow.on_critical_path = 0.125;
    ActivityRow node{.workflow_id = "<b>etl", .node_id = "read\"", .node_type = "Reader<T>", .started = 7};
    report.activity = {.seconds = 12, .workflows = {workflow}, .nodes = {node}, .unlisted_nodes = 1234};
    report.readiness = {{"targets: not <yet>"}};
    return report;
}

TEST(StatusReport, IsJsonWithWhatIsNotUtf8Replaced) {
    const auto json = json::parse(to_json(example()));
    EXPECT_EQ(json["version"], "1.2");
    EXPECT_EQ(json["healthy"], true);
    EXPECT_EQ(json["ready"], false);
    EXPECT_EQ(json["reasons"], json::parse(R"(["targets: not <yet>"])"));
    EXPECT_EQ(json["targets"][0]["pid"], 42);
    EXPECT_EQ(json["targets"][0]["executable"], "py <script>\xef\xbf\xbd&\"'");
    EXPECT_EQ(json["targets"][0]["state"], "attached");
    EXPECT_EQ(json["targets"][0]["inexact"][0], "run: not all");
    EXPECT_EQ(json["targets"][0]["unobserved"][0], "node: no site");
    EXPECT_EQ(json["targets"][0]["hits_per_second"], 1200);
    EXPECT_EQ(json["targets"][0]["overhead"], 0.034);
    EXPECT_EQ(json["window_seconds"], 12);
    EXPECT_EQ(json["since_start"], false);
    EXPECT_EQ(json["workflows"][0]["failed"], 2);
    EXPECT_EQ(json["workflows"][0]["active"], 1);
    EXPECT_EQ(json["workflows"][0]["rate"], 1.5);
    EXPECT_EQ(json["workflows"][0]["p50_seconds"], 0.004);
    EXPECT_TRUE(json["workflows"][0]["p99_seconds"].is_null());
    EXPECT_FALSE(json["workflows"][0].contains("node_id"));
    EXPECT_EQ(json["nodes"][0]["node_id"], "read\"");
    EXPECT_EQ(json["unlisted_nodes"], 1234);
}

TEST(StatusReport, SaysWhatWorksOnTheMachineAndWhatAHitCosts) {
    StatusReport report = example();
    report.machine.proofs = {proof_of_hits(KernelMechanism::kEmulatedUprobe, 240, 240),
                             proof_of_hits(KernelMechanism::kWriteWatch, 0, 264)};
    report.machine.prices.emulated = 5.3e-6;
    const auto json = json::parse(to_json(report));
    EXPECT_EQ(json["machine"]["mechanisms"][1]["name"], "hardware_watch_write");
    EXPECT_EQ(json["machine"]["mechanisms"][1]["available"], false);
    EXPECT_EQ(json["machine"]["prices_seconds"]["emulated"], 5.3e-6);
    const std::string html = to_html(report);
    EXPECT_THAT(html, HasSubstr("1 of 2 mechanisms work"));
    EXPECT_THAT(html, HasSubstr("emulated_uprobe: fired 240 of 240"));
    EXPECT_THAT(html, HasSubstr("it fired 0 of 264 times"));
    EXPECT_THAT(html, HasSubstr("uprobe on an emulated instruction: 5.3 µs"));
}

TEST(StatusReport, HasTheWarningsOfAttachedTargetsAmongItsReasons) {
    StatusReport report = example();
    report.readiness = {};
    report.targets[0].warnings = {"mine/<node>: f() has run"};
    report.targets[0].never_hit = {"mine/<node>"};
    TargetReport gone = report.targets[0];
    gone.state = TargetState::kGone;
    report.targets.push_back(gone);
    const auto json = json::parse(to_json(report));
    EXPECT_EQ(json["ready"], true);
    EXPECT_EQ(json["reasons"], json::parse(R"(["process 42: mine/<node>: f() has run"])"));
    EXPECT_EQ(json["targets"][0]["warnings"][0], "mine/<node>: f() has run");
    EXPECT_EQ(json["targets"][0]["never_hit"][0], "mine/<node>");
    const std::string html = to_html(report);
    EXPECT_THAT(html, HasSubstr("process 42: mine/&lt;node&gt;: f() has run"));
}

TEST(StatusReport, HasEmptyListsWithoutTargets) {
    const auto json = json::parse(to_json(StatusReport{}));
    for (const char* list : {"targets", "workflows", "nodes", "reasons"}) {
        EXPECT_EQ(json[list], json::array()) << list;
    }
}

TEST(StatusReport, VerdictsNameTheirReasons) {
    EXPECT_EQ(to_json(Verdict{}, "healthy", "unhealthy"), "{\"status\":\"healthy\"}\n");
    EXPECT_EQ(to_json(Verdict{{"a", "b"}}, "healthy", "unhealthy"),
              "{\"status\":\"unhealthy\",\"reasons\":[\"a\",\"b\"]}\n");
}

TEST(StatusPage, ShowsTheReport) {
    const std::string html = to_html(example());
    EXPECT_THAT(html, HasSubstr("Not ready yet"));
    EXPECT_THAT(html, HasSubstr("over the last 12 s"));
    EXPECT_THAT(html, HasSubstr("1.5/s"));
    EXPECT_THAT(html, HasSubstr("<small>no site</small>"));
    EXPECT_THAT(html, HasSubstr("1 not observed</span>"));
    EXPECT_THAT(html, HasSubstr(", 1 waiting for its module or class"));
    EXPECT_THAT(html, HasSubstr("1,234 less busy ones"));
}

TEST(StatusPage, SaysWhatItsNumbersMean) {
    StatusReport report = example();
    report.activity.nodes.clear();
    report.machine.proofs = {proof_of_hits(KernelMechanism::kEmulatedUprobe, 240, 240)};
    const std::string html = to_html(report);
    for (const char* hint :
         {"half of the durations are at most this", "99 % of the durations are at most this",
          "executions that ended", "of these, failed", "started and not ended",
          "share of the time that all of them together took",
          "share of the wall time of the workflow's successful executions that this node bounded; for a "
          "workflow: that no node bounded, but the engine itself",
          "since flowtap began to watch", "cancelled or aborted"})
        EXPECT_THAT(html, HasSubstr("title=\"" + std::string(hint) + "\">")) << hint;
    EXPECT_THAT(html, HasSubstr("None has started since flowtap began to watch."));
    EXPECT_THAT(html,
                HasSubstr("Rate, errors and time: over the last 12 s. Counts and durations: since flowtap "
                          "began to watch."));
    EXPECT_THAT(html, HasSubstr("1,200/s probe hits, 3.4 % more CPU time"));
    EXPECT_THAT(html, HasSubstr("aria-label=\"Durations: half up to 4.0 ms, 99 % up to –\""));
    EXPECT_THAT(html, HasSubstr("CPU time of a target per hit"));
    for (const char* column : {"Observed by", "Probe hits", "CPU time added", "Critical path"})
        EXPECT_THAT(html, HasSubstr(">" + std::string(column) + "</th>")) << column;
    EXPECT_THAT(html, HasSubstr("Points with the same probes share one count of hits and one cost. All are "
                                "counted since the attach."));
    report.activity.since_start = true;
    EXPECT_THAT(to_html(report), HasSubstr("since flowtap started, 12 s ago"));
}

TEST(StatusPage, CountsOneInTheSingular) {
    StatusReport report = example();
    report.activity.unlisted_nodes = 1;
    std::string html = to_html(report);
    EXPECT_THAT(html, HasSubstr("kailash: 1 point observed"));
    EXPECT_THAT(html, HasSubstr(", 1 waiting for its module or class"));
    EXPECT_THAT(html, HasSubstr(">1 less busy one is not listed;"));
    report.readiness = {};
    report.targets.front().points.push_back({.name = "last", .state = PointState::kWaiting});
    report.targets.front().observed.emplace_back("end: plain uprobe");
    report.activity.unlisted_nodes = 1234;
    html = to_html(report);
    EXPECT_THAT(html, HasSubstr("1 process, 2 points observed"));
    EXPECT_THAT(html, HasSubstr(", 2 waiting for their module or class"));
    EXPECT_THAT(html, HasSubstr(">1,234 less busy ones are not listed;"));
}

TEST(StatusPage, SaysDegradedWhereNumbersAreLessThanTheTruth) {
    StatusReport report = example();
    report.readiness = {};
    report.reception.events_lost = 7;
    report.targets.push_back({.pid = 43, .state = TargetState::kFailed});
    const std::string html = to_html(report);
    EXPECT_THAT(html, Not(HasSubstr("Healthy")));
    EXPECT_THAT(html, HasSubstr("Degraded</span>: 1 point not observed, 1 point not exact, 1 process not "
                                "attached to, 7 events lost. <a href=\"#targets\">What and why</a>"));
    const auto json = json::parse(to_json(report));
    EXPECT_EQ(json["state"], "degraded");
    EXPECT_EQ(json["degraded"].size(), 4U);
    report.health.reasons = {"ring buffer: full"};
    EXPECT_EQ(json::parse(to_json(report))["state"], "unhealthy");
}

TEST(StatusPage, SaysWhyAProcessWasRefused) {
    StatusReport report;
    report.targets.push_back({.pid = 43, .state = TargetState::kFailed, .unobserved = {"no <profile> fits"}});
    EXPECT_THAT(to_html(report), HasSubstr("<li>no &lt;profile&gt; fits</li>"));
}

TEST(StatusPage, IsHealthyWhereAPointOnlyWaitsForItsModule) {
    StatusReport report = example();
    report.readiness = {};
    std::erase_if(report.targets[0].points, [](const PointReport& point) {
        return point.state != PointState::kExact && point.state != PointState::kWaiting;
    });
    EXPECT_THAT(to_html(report),
                HasSubstr("Healthy</span> <span class=\"note\">1 process, 1 point observed"));
    EXPECT_EQ(json::parse(to_json(report))["state"], "healthy");
}

TEST(StatusPage, TellsErrorsByTypeAndTheCriticalPath) {
    const std::string html = to_html(example());
    EXPECT_THAT(html, HasSubstr("<tr class=\"errors\"><td colspan=\"12\">Value&lt;Error&gt; 2</td></tr>"));
    EXPECT_THAT(html, HasSubstr("data-t=\"Critical path\">12 %</td>"));
}

TEST(StatusPage, TellsOfEachPointWhatItDidAndWhatItCost) {
    const std::string html = to_html(example());
    EXPECT_THAT(html, HasSubstr("1,200</td><td class=\"n\" data-t=\"Probe hits\" rowspan=\"2\">4,800</td>"
                                "<td class=\"n\" data-t=\"CPU time added\" rowspan=\"2\">250 ms</td>"));
    EXPECT_THAT(html, HasSubstr("&lt;calls&gt;"));
    EXPECT_THAT(html, HasSubstr("<small>no site</small>"));
}

TEST(StatusPage, LinksAreRelativeSoThatAProxyMayGiveItAnotherPath) {
    const std::string html = to_html(example());
    EXPECT_THAT(html, Not(HasSubstr("href=\"/")));
    EXPECT_THAT(html, HasSubstr("href=\"metrics\""));
}

TEST(StatusPage, LeavesOutTheNameThatAWorkflowHasNot) {
    StatusReport report = example();
    report.activity.nodes[0].workflow_id = "unnamed";
    EXPECT_THAT(to_html(report), Not(HasSubstr("in unnamed")));
}

TEST(StatusPage, EscapesWhatComesFromTargets) {
    const std::string html = to_html(example());
    EXPECT_THAT(html, HasSubstr("py &lt;script&gt;\xff&amp;&quot;&#39;"));
    EXPECT_THAT(html, HasSubstr("&lt;b&gt;etl"));
    EXPECT_THAT(html, HasSubstr("read&quot;"));
    EXPECT_THAT(html, HasSubstr("Reader&lt;T&gt;"));
    EXPECT_THAT(html, HasSubstr("targets: not &lt;yet&gt;"));
    EXPECT_THAT(html, Not(HasSubstr("<b>")));
}

TEST(StatusPage, LoadsNothingFromElsewhereAndRunsOnlyItsOwnScript) {
    const std::string html = to_html(example());
    EXPECT_THAT(html, Not(HasSubstr("http://")));
    EXPECT_THAT(html, Not(HasSubstr("https://")));
    EXPECT_THAT(html, Not(HasSubstr(" src=")));
    EXPECT_THAT(status_page_policy(), HasSubstr("default-src 'none'; style-src 'unsafe-inline'"));
    EXPECT_THAT(status_page_policy(), testing::MatchesRegex(".*script-src 'sha256-[A-Za-z0-9+/]+=*'"));
    EXPECT_THAT(status_page_policy(), Not(HasSubstr("script-src 'unsafe")));
}

TEST(StatusPage, SaysThatNoProcessIsWatched) {
    const std::string html = to_html(StatusReport{});
    EXPECT_THAT(html, HasSubstr("Healthy"));
    EXPECT_THAT(html, HasSubstr("No process is being watched."));
    EXPECT_THAT(html, Not(HasSubstr("<table>")));
}

}  // namespace
}  // namespace flowtap::status_report_test
