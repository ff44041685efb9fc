// SPDX-License-Identifier: Apache-2.0
// What a real Prometheus makes of flowtap, beside the target's own count: exact where PromQL is exact, and
// within what its extrapolation allows where it is not.
#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <map>

#include "flowtap_daemon.h"
#include "paths.h"
#include "prometheus_server.h"
#include "system_test.h"
#include "workload.h"

namespace flowtap::system_test::prometheus_test {
namespace {

double now() { return static_cast<double>(std::time(nullptr)); }

// Sums of one column of a table of the ledger, where these of its fields are so.
double total(const Ledger& rows, const std::string& column, const Labels& where = {}) {
    double sum = 0;
    for (const Ledger& row : rows) {
        bool fits = true;
        for (const auto& [key, value] : where) fits = fits && row.at(key) == value;
        if (fits) sum += row.at(column).get<double>();
    }
    return sum;
}

class PrometheusTest : public SystemTest {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (!IsSkipped() && prometheus_program("prometheus").empty())
            GTEST_SKIP() << "missing: prometheus (Debian's package prometheus, in PATH)";
    }

    // A first round makes every series known to Prometheus, so that a second one is all increase; scrapes go
    // on for some seconds while it runs.
    void run_two_rounds() {
        first_ = workload_.run_round();
        prometheus_ = std::make_unique<PrometheusServer>(flowtap_.port());
        ASSERT_TRUE(scraped(first_));
        began_ = now();
        both_ = workload_.run_round();
        ASSERT_TRUE(scraped(both_));
        ended_ = now() + 1;
    }
    [[nodiscard]] bool scraped(const Ledger& ledger) const {
        return eventually([&] {
            return value("sum(workflow_executions_total{status!='started'})") ==
                   total(ledger.at("workflows"), "started");
        });
    }
    [[nodiscard]] double value(const std::string& expression) const { return prometheus_->value(expression); }
    // Every query of the second round is asked as of the same moment.
    [[nodiscard]] double value_then(const std::string& expression) const {
        return prometheus_->value(expression, ended_);
    }
    // What the second round added to it, by the program's own count.
    [[nodiscard]] double added(const char* table, const char* column, const Labels& where = {}) const {
        return total(both_.at(table), column, where) - total(first_.at(table), column, where);
    }
    // A range that holds the second round and the last scrape before it.
    [[nodiscard]] std::string range() const {
        return "[" + std::to_string(static_cast<int>(ended_ - began_) + 3) + "s]";
    }

    // How far increase() may exceed what was added: it extends the samples it has by at most 1.1 of their
    // distance at each end (Prometheus: promql/functions.go, extrapolatedRate).
    [[nodiscard]] double stretch() const {
        const double samples =
            value_then("max(count_over_time(workflow_latency_seconds_count" + range() + "))");
        return 1 + 2.2 / (samples - 1);
    }

    void expect_last_values() const;
    void expect_increases_and_rates() const;
    void expect_quantiles_and_means() const;

    Workload workload_{{kEngineC, "--runs", "500", "--nodes", "4", "--threads", "2", "--work-us", "1000",
                        "--fail-every", "7"}};
    FlowtapDaemon flowtap_{{"--profile", kEngineCProfile, "--pid", workload_.pid_text()}};
    std::unique_ptr<PrometheusServer> prometheus_;
    Ledger first_;
    Ledger both_;
    double began_ = 0;
    double ended_ = 0;
};

void PrometheusTest::expect_last_values() const {
    for (const char* status : {"started", "success", "failed", "cancelled"})
        EXPECT_EQ(value("sum(workflow_executions_total{status='" + std::string(status) + "'})"),
                  total(both_.at("workflows"), status))
            << status;
    for (const Ledger& row : both_.at("nodes")) {
        const std::string labels = "{node_id='" + row.at("node_id").get<std::string>() + "',status='" +
                                   row.at("status").get<std::string>() + "'}";
        EXPECT_EQ(value("workflow_node_executions_total" + labels), row.at("count").get<double>()) << labels;
    }
    EXPECT_EQ(value("sum(workflow_errors_total{node_id=''})"),
              total(both_.at("errors"), "count", {{"node_id", ""}}));
    EXPECT_DOUBLE_EQ(value("sum(workflow_executions_total{status='failed'}) / "
                           "sum(workflow_executions_total{status='started'})"),
                     total(both_.at("workflows"), "failed") / total(both_.at("workflows"), "started"));
    EXPECT_EQ(value("up"), 1);

    // What began and has not ended is active, in every scrape that Prometheus took while the program ran.
    const std::vector<double> differences = prometheus_->values(
        "sum(workflow_node_executions_total{status='started'}) - "
        "sum(workflow_node_executions_total{status!='started'})"
        " - sum(workflow_node_executions_active)",
        began_, ended_);
    EXPECT_GE(differences.size(), 2U);
    EXPECT_EQ(std::ranges::count(differences, 0), static_cast<std::ptrdiff_t>(differences.size()));
}

void PrometheusTest::expect_increases_and_rates() const {
    const std::string failed = "workflow_executions_total{status='failed'}" + range();
    const std::string started = "workflow_executions_total{status='started'}" + range();
    const double added_failed = added("workflows", "failed");
    const double added_started = added("workflows", "started");
    EXPECT_EQ(value_then("sum(max_over_time(" + started + ") - min_over_time(" + started + "))"),
              added_started);
    EXPECT_EQ(value_then("sum(max_over_time(" + failed + ") - min_over_time(" + failed + "))"), added_failed);

    const double increase = value_then("sum(increase(" + started + "))");
    EXPECT_GE(increase, added_started * (1 - 1e-9));
    EXPECT_LE(increase, added_started * stretch());
    const double seconds = ended_ - began_ + 3;
    EXPECT_NEAR(value_then("sum(rate(" + started + "))"), increase / seconds, increase * 1e-9);

    const double ratio = value_then("sum(increase(" + failed + ")) / sum(increase(" + started + "))");
    EXPECT_GE(ratio, added_failed / added_started / stretch());
    EXPECT_LE(ratio, added_failed / added_started * stretch());
}

// Quantiles lie in the bucket of their rank; means between the work and what the program measured.
void PrometheusTest::expect_quantiles_and_means() const {
    const std::string buckets = "workflow_node_duration_seconds_bucket{status='success'}";
    const double quantile =
        value_then("histogram_quantile(0.9, sum by (le) (rate(" + buckets + range() + ")))");
    // The exact increase of each bucket, by its upper bound.
    std::map<double, double> added_to;
    for (const nlohmann::json& sample : prometheus_->query("sum by (le) (max_over_time(" + buckets + range() +
                                                           ") - min_over_time(" + buckets + range() + "))"))
        added_to[std::strtod(sample.at("metric").at("le").get<std::string>().c_str(), nullptr)] =
            std::strtod(sample.at("value").at(1).get<std::string>().c_str(), nullptr);
    ASSERT_GT(added_to.size(), 1U);
    const double rank = 0.9 * added_to.rbegin()->second;
    EXPECT_EQ(added_to.rbegin()->second, added("nodes", "count", {{"status", "success"}}));
    double below = 0;
    for (const auto& [bound, count] : added_to) {
        if (count >= rank) {
            EXPECT_GE(quantile, below);
            EXPECT_LE(quantile, bound);
            break;
        }
        below = bound;
    }
    // Each node works a millisecond, and the program measures around what flowtap measures.
    const double mean = value_then(
        "sum(workflow_node_duration_seconds_sum{status='success'}) / "
        "sum(workflow_node_duration_seconds_count{status='success'})");
    EXPECT_GE(mean, 0.001);
    EXPECT_LE(mean, total(both_.at("nodes"), "seconds", {{"status", "success"}}) /
                        total(both_.at("nodes"), "count", {{"status", "success"}}));
}

TEST_F(PrometheusTest, AServerThatScrapesARunningTargetHasTheTargetsOwnNumbers) {
    run_two_rounds();
    expect_last_values();
    expect_increases_and_rates();
    expect_quantiles_and_means();
}

}  // namespace
}  // namespace flowtap::system_test::prometheus_test
