// SPDX-License-Identifier: Apache-2.0
// deploy/: whatever dashboard and rules ask for is something that flowtap has.
#include <algorithm>
#include <fstream>

#include "flowtap_daemon.h"
#include "paths.h"
#include "prometheus_server.h"
#include "promql_selectors.h"
#include "system_test.h"
#include "workload.h"

namespace flowtap::system_test::deploy_test {
namespace {

using Json = nlohmann::json;

const std::string kDeploy = std::string(kSourceDirectory) + "/deploy";

Json dashboard() {
    std::ifstream file(kDeploy + "/grafana/flowtap.json");
    return Json::parse(file);
}

// As Grafana would ask with everything chosen.
std::string with_values(std::string expression) {
    static const std::pair<const char*, const char*> values[] = {
        {"$__rate_interval", "1m"}, {"$__range", "1h"},  {"$job", ".*"},
        {"$instance", ".*"},        {"$workflow", ".*"}, {"$node", ".*"}};
    for (const auto& [name, value] : values)
        for (std::size_t at = 0; (at = expression.find(name)) != std::string::npos;)
            expression.replace(at, std::string(name).size(), value);
    return expression;
}

// Of every panel, and of every variable: "label_values(selector, label)" asks for a grouping by that label.
std::vector<std::string> dashboard_expressions() {
    std::vector<std::string> expressions;
    const Json all = dashboard();
    for (const Json& panel : all.at("panels"))
        for (const Json& target : panel.value("targets", Json::array()))
            expressions.push_back(with_values(target.at("expr")));
    for (const Json& variable : all.at("templating").at("list")) {
        if (variable.at("type") != "query") continue;
        const std::string query = with_values(variable.at("definition"));
        const std::size_t open = query.find('(');
        const std::size_t comma = query.rfind(',');
        expressions.push_back("count by (" + query.substr(comma + 1, query.size() - comma - 2) + ") (" +
                              query.substr(open + 1, comma - open - 1) + ")");
    }
    return expressions;
}

TEST(Dashboard, SaysOfEachPanelWhatItShowsAndInWhichUnit) {
    const Json all = dashboard();
    std::set<int> ids;
    for (const Json& panel : all.at("panels")) {
        EXPECT_TRUE(ids.insert(panel.at("id").get<int>()).second) << panel.at("id");
        EXPECT_FALSE(panel.at("title").get<std::string>().empty());
        if (panel.at("type") == "row") continue;
        EXPECT_FALSE(panel.at("description").get<std::string>().empty()) << panel.at("title");
        EXPECT_FALSE(panel.at("fieldConfig").at("defaults").at("unit").get<std::string>().empty())
            << panel.at("title");
        EXPECT_FALSE(panel.at("targets").empty()) << panel.at("title");
    }
    EXPECT_GT(ids.size(), 20U);
}

TEST(Dashboard, HasNoPanelUponAnother) {
    std::set<std::pair<int, int>> taken;
    const Json all = dashboard();
    for (const Json& panel : all.at("panels")) {
        const Json& place = panel.at("gridPos");
        const int x = place.at("x");
        const int y = place.at("y");
        EXPECT_LE(x + place.at("w").get<int>(), 24) << panel.at("title");
        for (int column = x; column < x + place.at("w").get<int>(); ++column)
            for (int line = y; line < y + place.at("h").get<int>(); ++line)
                EXPECT_TRUE(taken.emplace(column, line).second) << panel.at("title");
    }
}

TEST(Rules, PassTheirTests) {
    const std::string promtool = prometheus_program("promtool");
    if (promtool.empty()) GTEST_SKIP() << "missing: promtool (Debian's package prometheus, in PATH)";
    Child checked({promtool, "check", "rules", kDeploy + "/prometheus/recording.rules.yml",
                   kDeploy + "/prometheus/alerting.rules.yml"});
    EXPECT_EQ(checked.wait(), 0) << checked.output() << checked.errors();
    Child tested({promtool, "test", "rules", kDeploy + "/prometheus/rules_test.yml"});
    EXPECT_EQ(tested.wait(), 0) << tested.output() << tested.errors();
}

class DeployTest : public SystemTest {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (!IsSkipped() && prometheus_program("prometheus").empty())
            GTEST_SKIP() << "missing: prometheus (Debian's package prometheus, in PATH)";
    }
};

// Prometheus' own answers: that it takes the expression, and which series and labels there are.
void expect_exists(const PrometheusServer& prometheus, const std::string& expression) {
    EXPECT_NO_THROW((void)prometheus.query(expression)) << expression;
    const Selectors selectors = selectors_of(expression);
    EXPECT_FALSE(selectors.metrics.empty()) << expression;
    for (const Selector& selector : selectors.metrics) {
        const Json series = prometheus.api("series?match[]=" + selector.metric);
        EXPECT_FALSE(series.empty()) << "no " << selector.metric << ", for " << expression;
        for (const std::string& label : selector.labels)
            EXPECT_TRUE(std::ranges::any_of(series, [&](const Json& one) { return one.contains(label); }))
                << selector.metric << " has no " << label << ", for " << expression;
    }
    const Json labels = prometheus.api("labels");
    for (const std::string& label : selectors.groupings)
        EXPECT_NE(std::ranges::find(labels, Json(label)), labels.end())
            << "no " << label << ", for " << expression;
}

TEST_F(DeployTest, AllThatDashboardAndRulesAskForIsInALiveScrape) {
    Workload workload({kEngineC, "--runs", "50", "--nodes", "3", "--work-us", "100", "--fail-every", "5"});
    FlowtapDaemon flowtap({"--profile", kEngineCProfile, "--pid", workload.pid_text()});
    workload.run_round();
    const PrometheusServer prometheus(flowtap.port(), kDeploy + "/prometheus/*.rules.yml");
    ASSERT_TRUE(eventually([&] { return prometheus.api("rules").at("groups").size() == 4; }));
    std::vector<std::string> expressions = dashboard_expressions();
    std::string last_recorded;
    const Json rules = prometheus.api("rules");
    for (const Json& group : rules.at("groups")) {
        for (const Json& rule : group.at("rules")) {
            expressions.push_back(rule.at("query"));
            if (rule.at("type") == "recording") last_recorded = rule.at("name");
        }
    }
    ASSERT_GT(expressions.size(), 65U);
    // Rates need two scrapes, and the rules a turn after them.
    workload.run_round();
    ASSERT_TRUE(eventually([&] { return !prometheus.query(last_recorded).empty(); }));
    for (const std::string& expression : expressions) expect_exists(prometheus, expression);
}

TEST(PromqlSelectors, AreTheMetricsWithTheirLabelsAndTheGroupings) {
    const Selectors found = selectors_of(
        "sum by (a, b) (rate(m:x_total{c=\"by (d)\",e!~'f'}[5m])) / on (a) group_left up offset 1h > 0.5 "
        "unless n");
    std::vector<std::string> metrics;
    for (const Selector& selector : found.metrics) metrics.push_back(selector.metric);
    EXPECT_EQ(metrics, (std::vector<std::string>{"m:x_total", "up", "n"}));
    EXPECT_EQ(found.metrics.front().labels, (std::set<std::string>{"c", "e"}));
    EXPECT_EQ(found.groupings, (std::set<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace flowtap::system_test::deploy_test
