// SPDX-License-Identifier: Apache-2.0
#include "exporter/status_report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "exporter/metrics.h"
#include "samples.h"

namespace flowtap {
namespace {

using namespace test;

StatusReport example() {
    StatusReport report{.version = "1.2"};
    TargetReport target{.pid = 42, .command = "python <script>\xff&\"'", .profile = "kailash"};
    target.observed = {"runtime: plain uprobe"};
    target.unobserved = {"node: no site"};
    report.targets = {target};
    WorkflowReport workflow{.workflow_id = "etl", .started = 3, .active = 1, .ended = {}};
    workflow.ended[Status::kFailed] = 2;
    report.workflows = {workflow};
    report.readiness = {{"targets: not yet"}};
    return report;
}

TEST(StatusReport, IsJsonWithWhatIsNotUtf8Replaced) {
    const auto json = nlohmann::json::parse(to_json(example()));
    EXPECT_EQ(json["version"], "1.2");
    EXPECT_EQ(json["healthy"], true);
    EXPECT_EQ(json["ready"], false);
    EXPECT_EQ(json["reasons"], nlohmann::json({"targets: not yet"}));
    EXPECT_EQ(json["targets"][0]["pid"], 42);
    EXPECT_EQ(json["targets"][0]["command"], "python <script>\xef\xbf\xbd&\"'");
    EXPECT_EQ(json["targets"][0]["state"], "attached");
    EXPECT_EQ(json["targets"][0]["unobserved"][0], "node: no site");
    EXPECT_EQ(json["workflows"][0]["failed"], 2);
    EXPECT_EQ(json["workflows"][0]["active"], 1);
}

TEST(StatusReport, OfNothingHasEmptyLists) {
    const auto json = nlohmann::json::parse(to_json(StatusReport{}));
    EXPECT_EQ(json["targets"], nlohmann::json::array());
    EXPECT_EQ(json["workflows"], nlohmann::json::array());
    EXPECT_EQ(json["reasons"], nlohmann::json::array());
}

TEST(StatusReport, VerdictsNameTheirReasons) {
    EXPECT_EQ(to_json(Verdict{}, "healthy", "unhealthy"), "{\"status\":\"healthy\"}\n");
    EXPECT_EQ(to_json(Verdict{{"a", "b"}}, "healthy", "unhealthy"),
              "{\"status\":\"unhealthy\",\"reasons\":[\"a\",\"b\"]}\n");
}

TEST(StatusReport, PageEscapesWhatComesFromTargets) {
    const std::string html = to_html(example());
    EXPECT_EQ(html.find("<script>"), std::string::npos);
    EXPECT_NE(html.find("python &lt;script&gt;\xff&amp;&quot;&#39;"), std::string::npos);
    EXPECT_NE(html.find("node: no site"), std::string::npos);
    EXPECT_NE(html.find("targets: not yet"), std::string::npos);
    EXPECT_EQ(html.find("http://"), std::string::npos);
    EXPECT_EQ(html.find("https://"), std::string::npos);
}

TEST(StatusReport, BusiestWorkflowsComeFirstAndAreLimited) {
    Metrics metrics({});
    std::uint64_t token = 0;
    const std::pair<const char*, int> starts[] = {{"c", 1}, {"a", 3}, {"b", 3}, {"d", 2}};
    for (const auto& [id, count] : starts) {
        for (int start = 0; start < count; ++start) {
            const Outcome outcome = started(++token, workflow(id));
            metrics.fold({&outcome, 1});
        }
    }
    const auto busiest = busiest_workflows(metrics.executions(), 3);
    ASSERT_EQ(busiest.size(), 3U);
    EXPECT_EQ(busiest[0].workflow_id, "a");
    EXPECT_EQ(busiest[1].workflow_id, "b");
    EXPECT_EQ(busiest[2].workflow_id, "d");
    EXPECT_EQ(busiest[2].active, 2U);
    EXPECT_EQ(busiest_workflows(metrics.executions(), 100).size(), 4U);
}

}  // namespace
}  // namespace flowtap
