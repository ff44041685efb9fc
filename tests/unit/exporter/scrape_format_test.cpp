// SPDX-License-Identifier: Apache-2.0
#include "exporter/exposition/scrape_format.h"

#include <gtest/gtest.h>

#include <string>

namespace flowtap::scrape_format_test {
namespace {

TEST(Negotiation, TakesTheFormatWithTheHighestWeight) {
    const std::string protobuf =
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
    const std::pair<std::string, ScrapeFormat> cases[] = {
        {"", ScrapeFormat::kText},
        {"*/*", ScrapeFormat::kText},
        {"text/html,application/xhtml+xml,*/*;q=0.8", ScrapeFormat::kText},
        {"image/png", ScrapeFormat::kText},
        {"text/plain;version=0.0.4", ScrapeFormat::kText},
        {"application/openmetrics-text", ScrapeFormat::kOpenMetrics},
        {"Application/OpenMetrics-Text; VERSION=1.0.0; charset=utf-8", ScrapeFormat::kOpenMetrics},
        {"application/openmetrics-text; version=\"1.0.0\"", ScrapeFormat::kOpenMetrics},
        {"application/openmetrics-text;version=0.0.1", ScrapeFormat::kText},
        {"application/openmetrics-text;q=0", ScrapeFormat::kText},
        {"application/openmetrics-text;q=x", ScrapeFormat::kText},
        {"application/openmetrics-text;q=0.3,text/plain;q=0.5", ScrapeFormat::kText},
        {"*/*;q=0.9,application/openmetrics-text;q=0.3,text/plain;q=0.1", ScrapeFormat::kOpenMetrics},
        {"text/plain,application/openmetrics-text", ScrapeFormat::kOpenMetrics},
        {protobuf, ScrapeFormat::kProtobuf},
        {"application/vnd.google.protobuf", ScrapeFormat::kText},
        {"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
         ScrapeFormat::kText},
        // Prometheus, without and with native histograms.
        {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
         "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         ScrapeFormat::kOpenMetrics},
        {protobuf + ",application/openmetrics-text;version=1.0.0;q=0.8,"
                    "application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,"
                    "*/*;q=0.1",
         ScrapeFormat::kProtobuf},
    };
    for (const auto& [accept, format] : cases) EXPECT_EQ(negotiate(accept), format) << accept;
}

TEST(Negotiation, SurvivesAnyHeader) {
    for (const char* accept :
         {",", ";", "=", ",,;;==", ";q=1", "a;=;q=", "text/plain;q=\"", "text/plain;q=nan"})
        EXPECT_EQ(negotiate(accept), ScrapeFormat::kText) << accept;
}

TEST(ContentType, OfProtobufNamesItsMessage) {
    EXPECT_EQ(content_type_of(ScrapeFormat::kProtobuf),
              "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited");
}

}  // namespace
}  // namespace flowtap::scrape_format_test
