// SPDX-License-Identifier: Apache-2.0
// What Prometheus and its lint tool make of each format, with metrics whose content is known. Needs no
// privilege.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "exporter/http/http_server.h"
#include "exporter/metrics/metrics.h"
#include "exporter/views/http_routes.h"
#include "prometheus_server.h"
#include "unit/exporter/samples.h"

namespace flowtap::system_test::exposition_formats_test {
namespace {

using namespace flowtap::test;
using nlohmann::json;

MetricsConfig config() {
    MetricsConfig config;
    config.version = "1";
    config.latency_quantiles = {0.5};
    config.target_labels = {TargetLabel::kPid, TargetLabel::kPod};
    config.started_ns = moment_now().monotonic_ns;
    return config;
}

// `count` successful executions of a duration, ended now, and one failed.
void run(Metrics& metrics, std::uint64_t count, std::uint64_t duration_ns) {
    const std::uint64_t now = moment_now().monotonic_ns;
    metrics.set_target(42, {.pid = "42"});
    std::vector<Outcome> outcomes;
    for (std::uint64_t token = 0; token <= count; ++token) {
        Started begin = std::get<Started>(started(token, workflow("a\"b\\c\nd \xC3\xA9"), now - duration_ns));
        begin.tgid = 42;
        Ended end = ended(token, begin.identity, token < count ? Status::kSuccess : Status::kFailed);
        end.tgid = 42;
        end.tid = 43;
        end.begin_ns = begin.time_ns;
        end.end_ns = now;
        outcomes.insert(outcomes.end(), {begin, end});
    }
    metrics.fold(outcomes);
}

class ExpositionFormats : public testing::Test {
protected:
    void SetUp() override {
        for (const char* program : {"prometheus", "promtool"}) {
            if (prometheus_program(program).empty()) GTEST_SKIP() << "missing: " << program;
        }
    }

    void serve() {
        HttpContent content{.metrics = [this](ScrapeFormat format) -> Result<std::string> {
                                return metrics_.expose(format, moment_now());
                            },
                            .health = [] { return Verdict{}; },
                            .readiness = [] { return Verdict{}; },
                            .status = [] { return StatusReport{}; }};
        auto server = HttpServer::start({.address = {"127.0.0.1", 0}}, service_of(std::move(content)));
        ASSERT_TRUE(server) << server.error().message();
        server_ = std::move(*server);
    }

    // Once Prometheus has scraped something of that name.
    static json query(const PrometheusServer& prometheus, const std::string& expression) {
        json result;
        eventually([&] { return !(result = prometheus.query(expression)).empty(); });
        return result;
    }
    static double number(const PrometheusServer& prometheus, const std::string& expression) {
        const json result = query(prometheus, expression);
        return result.empty() ? std::nan("") : std::stod(result[0].at("value")[1].get<std::string>());
    }

    Metrics metrics_{config()};
    std::unique_ptr<HttpServer> server_;
};

TEST_F(ExpositionFormats, PassPromtool) {
    run(metrics_, 3, 100 * kMillisecond);
    const TemporaryDirectory directory;
    const std::string file = directory.write("metrics", metrics_.expose(ScrapeFormat::kText, moment_now()));
    Child promtool(
        {"/bin/sh", "-c", "exec \"$0\" check metrics <\"$1\"", prometheus_program("promtool"), file});
    EXPECT_EQ(promtool.wait(), 0);
    EXPECT_EQ(promtool.output() + promtool.errors(), "");
}

TEST_F(ExpositionFormats, TakesNativeHistogramsFromProtobuf) {
    run(metrics_, 100, 300 * kMillisecond);
    serve();
    const PrometheusServer prometheus(server_->address().port, "", "native-histograms");
    const json result = query(prometheus, "workflow_duration_seconds");
    ASSERT_EQ(result.size(), 1U) << prometheus.api("targets");
    EXPECT_EQ(result[0].at("metric").at("workflow_id"), "a\"b\\c\nd \xC3\xA9");
    EXPECT_EQ(result[0].at("metric").at("pid"), "42");
    EXPECT_FALSE(result[0].at("metric").contains("pod"));
    const json& histogram = result[0].at("histogram")[1];
    EXPECT_EQ(histogram.at("count"), "100");
    EXPECT_EQ(histogram.at("sum"), "30");
    ASSERT_EQ(histogram.at("buckets").size(), 1U);
    // [kind of its ends, lower, upper, count], and 2^(1/8) apart.
    const json& bucket = histogram.at("buckets")[0];
    const double lower = std::stod(bucket[1].get<std::string>());
    const double upper = std::stod(bucket[2].get<std::string>());
    EXPECT_LT(lower, 0.3);
    EXPECT_GE(upper, 0.3);
    EXPECT_NEAR(upper / lower, std::exp2(1.0 / 8), 1e-9);
    EXPECT_EQ(bucket[3], "100");
    EXPECT_NEAR(number(prometheus, "workflow_latency_seconds{quantile=\"0.5\"}"), 0.3, 0.0033);
    EXPECT_EQ(number(prometheus, "workflow_executions_total{status=\"failed\"}"), 1);
}

TEST_F(ExpositionFormats, TakesClassicBucketsAndExemplarsFromOpenMetrics) {
    run(metrics_, 100, 300 * kMillisecond);
    serve();
    const PrometheusServer prometheus(server_->address().port, "", "exemplar-storage");
    EXPECT_EQ(number(prometheus, "workflow_duration_seconds_bucket{le=\"0.25\"}"), 0)
        << prometheus.api("targets");
    EXPECT_EQ(number(prometheus, "workflow_duration_seconds_bucket{le=\"0.5\"}"), 100);
    EXPECT_EQ(number(prometheus, "workflow_executions_total{status=\"success\"}"), 100);
    EXPECT_NEAR(number(prometheus, "workflow_executions_created{status=\"success\"} - time()"), 0, 60);
    const json exemplars = prometheus.api("query_exemplars?query=workflow_duration_seconds_bucket&start=" +
                                          std::to_string(::time(nullptr) - 600) +
                                          "&end=" + std::to_string(::time(nullptr) + 600));
    ASSERT_EQ(exemplars.size(), 1U);
    const json& exemplar = exemplars[0].at("exemplars")[0];
    EXPECT_EQ(exemplar.at("labels"), (json{{"pid", "42"}, {"tid", "43"}}));
    EXPECT_EQ(exemplar.at("value"), "0.3");
}

}  // namespace
}  // namespace flowtap::system_test::exposition_formats_test
