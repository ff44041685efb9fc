// SPDX-License-Identifier: Apache-2.0
#include "settings/metrics_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flowtap::metrics_options_test {
namespace {

using testing::ElementsAre;

TEST(MetricsOptions, AreReadFromTheirTexts) {
    RunOptions options;
    EXPECT_TRUE(read_buckets(options, "0.5, 1"));
    EXPECT_TRUE(read_buckets(options, "2.5"));
    EXPECT_TRUE(read_native_histograms(options, "-4"));
    EXPECT_TRUE(read_latency_quantiles(options, "0.99,0.5,0.5"));
    EXPECT_TRUE(read_series_expiry(options, "30m"));
    EXPECT_TRUE(read_series_limit(options, "500"));
    EXPECT_TRUE(read_target_labels(options, "pod,pid"));
    const MetricsConfig config = metrics_config(options);
    ASSERT_EQ(config.histograms.bounds.size(), 3U);
    EXPECT_EQ(config.histograms.bounds.seconds(2), 2.5);
    EXPECT_EQ(config.histograms.native_schema, -4);
    EXPECT_THAT(config.latency_quantiles, ElementsAre(0.5, 0.99));
    EXPECT_EQ(config.series_expiry_ns, 1'800'000'000'000U);
    EXPECT_EQ(config.limits.nodes, 500U);
    EXPECT_THAT(config.target_labels, ElementsAre(TargetLabel::kPod, TargetLabel::kPid));
}

TEST(MetricsOptions, CanTurnThingsOff) {
    RunOptions options;
    EXPECT_TRUE(read_series_expiry(options, "0"));
    EXPECT_TRUE(read_native_histograms(options, "off"));
    EXPECT_EQ(metrics_config(options).series_expiry_ns, 0U);
    EXPECT_EQ(metrics_config(options).histograms.native_schema, std::nullopt);
}

TEST(MetricsOptions, HaveTheDefaultsThatHelpNames) {
    const MetricsConfig config = metrics_config({});
    EXPECT_EQ(config.histograms.bounds.size(), BucketBounds::defaults().size());
    EXPECT_EQ(config.histograms.native_schema, 3);
    EXPECT_EQ(config.series_expiry_ns, 3'600'000'000'000U);
    EXPECT_EQ(config.limits.workflows, 10'000U);
    EXPECT_TRUE(config.target_labels.empty());
    EXPECT_TRUE(config.latency_quantiles.empty());
}

TEST(MetricsOptions, AreFewQuantiles) {
    RunOptions options;
    ASSERT_TRUE(read_latency_quantiles(options, "0,.1,.2,.3,.4,.5,.6,.7,.8,.9,.11,.12,.13,.14,.15,.16"));
    const Result<void> done = read_latency_quantiles(options, ".17");
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().cause, "more than 16 quantiles");
}

TEST(MetricsOptions, WithAWrongTextAreErrorsAndChangeNothing) {
    const std::pair<decltype(&read_buckets), std::vector<std::string>> cases[] = {
        {read_buckets, {"", "x", "8,", "9,8", "0", "nan", "8;9", "6"}},
        {read_native_histograms, {"", "9", "-5", "3x", "on"}},
        {read_latency_quantiles,
         {"", "1.1", "-0.1", "nan", "0.5,", "0,.1,.2,.3,.4,.5,.6,.7,.8,.9,.11,.12,.13,.14,.15,.16,.17"}},
        {read_series_expiry, {"", "1", "h", "-1h", "1.5h", "1w", "99999999999d", "4294967295d"}},
        {read_series_limit, {"", "0", "1000001", "-1", "10k"}},
        {read_target_labels, {"", "pid,pid", "PID", "pid,", "host", "exe"}},
    };
    for (const auto& [read, texts] : cases) {
        for (const std::string& text : texts) {
            RunOptions options;
            options.buckets = {7};
            options.series_expiry_s = 77;
            options.target_labels = {TargetLabel::kExe};
            const Result<void> done = read(options, text);
            ASSERT_FALSE(done) << text;
            EXPECT_EQ(done.error().kind, Error::Kind::kUsage);
            EXPECT_THAT(options.buckets, ElementsAre(7));
            EXPECT_THAT(options.latency_quantiles, ElementsAre());
            EXPECT_THAT(options.target_labels, ElementsAre(TargetLabel::kExe));
            EXPECT_EQ(options.series_expiry_s, 77U);
            EXPECT_EQ(options.series_limit, 10'000U);
            EXPECT_EQ(options.native_histograms, 3);
        }
    }
}

}  // namespace
}  // namespace flowtap::metrics_options_test
