// SPDX-License-Identifier: Apache-2.0
#include "exporter/exposition/text_exposition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <sstream>

#include "samples.h"

namespace flowtap::text_exposition_test {
namespace {

using namespace test;
using testing::HasSubstr;
using testing::Not;

constexpr Moment kNow{100 * kSecond, 1'700'000'000};

void fill(Metrics& metrics) {
    Started begin = std::get<Started>(started(1, workflow("a\"b\\c\nd"), 97 * kSecond));
    begin.tgid = 42;
    Ended end = ended(1, workflow("a\"b\\c\nd"), Status::kSuccess);
    end.begin_ns = 97 * kSecond;
    end.end_ns = 99 * kSecond + kSecond / 2;
    end.tgid = 42;
    end.tid = 43;
    const Outcome outcomes[] = {begin,
                                end,
                                started(2, node("w", "n")),
                                ended(2, node("w", "n"), Status::kFailed, 123'456'789),
                                started(3, workflow("w")),
                                ended(3, workflow("w"), Status::kFailed)};
    metrics.fold(outcomes);
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        if (!line.starts_with("process_")) lines.push_back(line);  // differs from moment to moment
    }
    return lines;
}

// prometheus-cpp writes count and sum of a histogram before its buckets, and orders nothing else otherwise.
TEST(TextExposition, HasTheLinesThatPrometheusCppWritesOfTheSameData) {
    Metrics metrics({.version = "1", .latency_quantiles = {0.5}});
    fill(metrics);
    const std::string expected = prometheus::TextSerializer().Serialize(collect(metrics, kNow.monotonic_ns));
    EXPECT_THAT(lines_of(metrics.expose(ScrapeFormat::kText, kNow)),
                testing::UnorderedElementsAreArray(lines_of(expected)));
}

TEST(TextExposition, OpenMetricsHasExemplarsCreationTimesAndAnEnd) {
    Metrics metrics({.started_ns = 90 * kSecond});
    fill(metrics);
    const std::string text = metrics.expose(ScrapeFormat::kOpenMetrics, kNow);
    const std::string id = R"(workflow_id="a\"b\\c\nd")";
    EXPECT_THAT(text, HasSubstr("# TYPE workflow_executions counter\n"));
    EXPECT_THAT(text, HasSubstr("\nworkflow_executions_total{" + id + ",status=\"success\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("\nworkflow_executions_created{" + id + ",status=\"success\"} 1699999997\n"));
    EXPECT_THAT(text, HasSubstr("\nworkflow_duration_seconds_bucket{" + id +
                                ",le=\"2.5\"} 1 # {pid=\"42\",tid=\"43\"} 2.5 1699999999.5\n"));
    EXPECT_THAT(text, HasSubstr("\nworkflow_duration_seconds_bucket{" + id + ",le=\"5.0\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("\nworkflow_duration_seconds_created{" + id + "} 1699999997\n"));
    EXPECT_THAT(text, HasSubstr("\nworkflow_latency_seconds_created 1699999990\n"));
    EXPECT_THAT(text, HasSubstr("\nworkflow_errors_total{workflow_id=\"w\",node_id=\"\",error_type="))
        << "empty is the workflow itself";
    EXPECT_TRUE(text.ends_with("# EOF\n"));
}

TEST(TextExposition, Text004HasNothingOfOpenMetrics) {
    Metrics metrics({});
    fill(metrics);
    const std::string text = metrics.expose(ScrapeFormat::kText, kNow);
    EXPECT_THAT(text, Not(HasSubstr(" # ")));
    EXPECT_THAT(text, Not(HasSubstr("_created")));
    EXPECT_THAT(text, Not(HasSubstr("# EOF")));
    EXPECT_THAT(text, HasSubstr("# TYPE workflow_executions_total counter\n"));
    EXPECT_THAT(text, HasSubstr("le=\"5\"} 1\n"));
}

TEST(TextExposition, WritesNumbersThatReadBackAsTheSame) {
    TextExposition exposition(TextExposition::Dialect::kPrometheus);
    exposition.begin({"n", FamilyType::kGauge, ""});
    const double infinity = std::numeric_limits<double>::infinity();
    for (const double number : {0.1, 1e15, 1e300, -2.0, std::nan(""), infinity, -infinity})
        exposition.gauge({}, number);
    EXPECT_EQ(
        exposition.take(),
        "# HELP n \n# TYPE n gauge\nn 0.1\nn 1000000000000000\nn 1e+300\nn -2\nn NaN\nn +Inf\nn -Inf\n");
}

}  // namespace
}  // namespace flowtap::text_exposition_test
