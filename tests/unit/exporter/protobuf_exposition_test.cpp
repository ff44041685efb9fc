// SPDX-License-Identifier: Apache-2.0
// Field numbers here are those of prometheus/client_model's metrics.proto.
#include "exporter/exposition/protobuf_exposition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "exporter/metrics/metrics.h"
#include "protobuf_reader.h"
#include "samples.h"

namespace flowtap::protobuf_exposition_test {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::Pair;
using testing::UnorderedElementsAre;

using Messages = std::vector<ProtobufMessage>;

LabelMap labels_of(const ProtobufMessage& metric) {
    LabelMap labels;
    for (const ProtobufMessage& pair : metric.messages(1)) labels[pair.text(1)] = pair.text(2);
    return labels;
}

class ProtobufExpositionTest : public testing::Test {
protected:
    // The only family of what is written.
    ProtobufMessage family() {
        const Messages families = read_delimited(exposition_.take());
        EXPECT_EQ(families.size(), 1U);
        return families.at(0);
    }
    // The only histogram of the only family, of these durations.
    ProtobufMessage histogram(const std::vector<std::uint64_t>& durations_ns) {
        Histogram histogram;
        std::uint64_t end_ns = kSecond;
        for (const std::uint64_t duration_ns : durations_ns)
            histogram.observe(shape_, {duration_ns, ++end_ns, 42, 43});
        exposition_.begin({"h", FamilyType::kHistogram, "help"});
        exposition_.histogram({{}, shape_, histogram, 100.25, 200.5});
        return family().messages(4).at(0).message(7);
    }

    HistogramShape shape_{.bounds = *BucketBounds::make({0.001, 0.01}), .native_schema = 0};
    ProtobufExposition exposition_;
};

TEST_F(ProtobufExpositionTest, AnEmptyExpositionHasNoBytes) { EXPECT_EQ(exposition_.take(), ""); }

TEST_F(ProtobufExpositionTest, FamiliesHaveNameHelpAndType) {
    exposition_.begin({"a_total", FamilyType::kCounter, "of a"});
    exposition_.begin({"b", FamilyType::kGauge, "of b"});
    exposition_.begin({"c", FamilyType::kSummary, "of c"});
    exposition_.begin({"d", FamilyType::kHistogram, "of d"});
    const Messages families = read_delimited(exposition_.take());
    ASSERT_EQ(families.size(), 4U);
    const std::uint64_t types[] = {0, 1, 2, 4};
    const char* names[] = {"a_total", "b", "c", "d"};
    for (std::size_t i = 0; i < families.size(); ++i) {
        EXPECT_EQ(families[i].text(1), names[i]);
        EXPECT_EQ(families[i].text(2), std::string("of ") + names[i][0]);
        EXPECT_EQ(families[i].number(3), types[i]);
        EXPECT_FALSE(families[i].has(4));
    }
}

TEST_F(ProtobufExpositionTest, CountersAndGauges) {
    const LabelView labels[] = {{"x", "1"}, {"y", ""}};
    exposition_.begin({"a_total", FamilyType::kCounter, ""});
    exposition_.counter(labels, 1e15 + 1, 1000.25);
    exposition_.counter({}, 0, 0);
    exposition_.begin({"g", FamilyType::kGauge, ""});
    exposition_.gauge({}, -0.5);
    const Messages families = read_delimited(exposition_.take());
    const Messages counters = families.at(0).messages(4);
    EXPECT_THAT(labels_of(counters.at(0)), ElementsAre(Pair("x", "1"), Pair("y", "")));
    EXPECT_EQ(counters[0].message(3).real(1), 1e15 + 1);
    EXPECT_EQ(counters[0].message(3).message(3).number(1), 1000U);
    EXPECT_EQ(counters[0].message(3).message(3).number(2), 250'000'000U);
    EXPECT_EQ(counters.at(1).message(3).real(1), 0);
    EXPECT_FALSE(counters[1].message(3).has(3)) << "when it began is not known";
    EXPECT_EQ(families.at(1).messages(4).at(0).message(2).real(1), -0.5);
}

TEST_F(ProtobufExpositionTest, SummariesHaveQuantilesThatMayBeUnknown) {
    const QuantileValue quantiles[] = {{0.5, 0.25}, {0.99, std::numeric_limits<double>::quiet_NaN()}};
    exposition_.begin({"s", FamilyType::kSummary, ""});
    exposition_.summary({{}, 7, 1.5, quantiles, 3});
    const ProtobufMessage summary = family().messages(4).at(0).message(4);
    EXPECT_EQ(summary.number(1), 7U);
    EXPECT_EQ(summary.real(2), 1.5);
    ASSERT_EQ(summary.messages(3).size(), 2U);
    EXPECT_EQ(summary.messages(3)[0].real(1), 0.5);
    EXPECT_EQ(summary.messages(3)[0].real(2), 0.25);
    EXPECT_TRUE(std::isnan(summary.messages(3)[1].real(2)));
    EXPECT_EQ(summary.message(4).number(1), 3U);
}

TEST_F(ProtobufExpositionTest, ClassicBucketsAreCumulativeAndEndInInfinity) {
    const ProtobufMessage written = histogram({500'000, 5'000'000, 6'000'000, 70'000'000});
    EXPECT_EQ(written.number(1), 4U);
    EXPECT_DOUBLE_EQ(written.real(2), 0.0815);
    const Messages buckets = written.messages(3);
    ASSERT_EQ(buckets.size(), 3U);
    EXPECT_EQ(buckets[0].number(1), 1U);
    EXPECT_DOUBLE_EQ(buckets[0].real(2), 0.001);
    EXPECT_EQ(buckets[1].number(1), 3U);
    EXPECT_EQ(buckets[2].number(1), 4U);
    EXPECT_EQ(buckets[2].real(2), std::numeric_limits<double>::infinity());
    EXPECT_EQ(written.message(15).number(1), 100U);
}

// The slowest execution, in the bucket that it lies in.
TEST_F(ProtobufExpositionTest, ExemplarsNameTheExecution) {
    const Messages buckets = histogram({500'000, 5'000'000}).messages(3);
    EXPECT_FALSE(buckets.at(0).has(3));
    EXPECT_FALSE(buckets.at(2).has(3));
    const ProtobufMessage exemplar = buckets.at(1).message(3);
    EXPECT_THAT(labels_of(exemplar), UnorderedElementsAre(Pair("pid", "42"), Pair("tid", "43")));
    EXPECT_DOUBLE_EQ(exemplar.real(2), 0.005);
    EXPECT_EQ(exemplar.message(3).number(1), 200U);
    EXPECT_EQ(exemplar.message(3).number(2), 500'000'000U);
}

// With schema 0, bucket i ends at 2^i seconds: 0.4 s lies in bucket -1, 1 s in 0, 1.5 s in 1, 100 s in 7.
TEST_F(ProtobufExpositionTest, NativeBucketsAreSpansAndDifferences) {
    const ProtobufMessage written =
        histogram({0, 400'000'000, kSecond, kSecond, kSecond * 3 / 2, 100 * kSecond});
    EXPECT_EQ(written.signed_number(5), 0);
    EXPECT_GT(written.real(6), 0);
    EXPECT_LT(written.real(6), 1e-9) << "less than a nanosecond";
    EXPECT_EQ(written.number(7), 1U);
    std::map<std::int64_t, std::int64_t> counts;
    std::int64_t index = 0;
    std::int64_t count = 0;
    const std::vector<std::int64_t> deltas = written.signed_numbers(13);
    std::size_t next = 0;
    for (const ProtobufMessage& span : written.messages(12)) {
        index += span.signed_number(1);
        for (std::uint64_t i = 0; i < span.number(2); ++i, ++index) {
            count += deltas.at(next++);
            if (count != 0) counts[index] = count;
        }
    }
    EXPECT_EQ(next, deltas.size()) << "a difference for each bucket";
    EXPECT_THAT(counts, ElementsAre(Pair(-1, 1), Pair(0, 2), Pair(1, 1), Pair(7, 1)));
    EXPECT_FALSE(written.has(9)) << "no negative buckets";
}

TEST_F(ProtobufExpositionTest, AnEmptyNativeHistogramIsStillOne) {
    const ProtobufMessage written = histogram({});
    EXPECT_EQ(written.number(1), 0U);
    ASSERT_EQ(written.messages(12).size(), 1U);
    EXPECT_EQ(written.messages(12)[0].number(2), 0U);
    EXPECT_TRUE(written.signed_numbers(13).empty());
}

TEST_F(ProtobufExpositionTest, WithoutNativeBucketsItIsClassic) {
    shape_.native_schema.reset();
    const ProtobufMessage written = histogram({kSecond});
    for (const std::uint32_t field : {5U, 6U, 7U, 12U, 13U}) EXPECT_FALSE(written.has(field)) << field;
}

TEST_F(ProtobufExpositionTest, TakesLabelValuesAsTheyAre) {
    const std::string values[] = {"a\"b\\c\nd", std::string("nul\0nul", 7), "größe 注文",
                                  std::string(70'000, 'x'), "\x0a\x04\x08\x01"};
    exposition_.begin({"g", FamilyType::kGauge, ""});
    for (const std::string& value : values) {
        const LabelView label[] = {{"l", value}};
        exposition_.gauge(label, 1);
    }
    const Messages metrics = family().messages(4);
    ASSERT_EQ(metrics.size(), std::size(values));
    for (std::size_t i = 0; i < metrics.size(); ++i)
        EXPECT_EQ(labels_of(metrics[i]), (LabelMap{{"l", values[i]}}));
}

// A whole scrape beside the same one as a model.
TEST(ProtobufScrape, HasTheNumbersOfTheOtherFormats) {
    Metrics metrics({.version = "1.2"});
    const Outcome outcomes[] = {started(1, workflow("evil\n\"id\"")), started(2, node("w", "n")),
                                ended(2, node("w", "n"), Status::kFailed),
                                ended(1, workflow("evil\n\"id\""), Status::kSuccess)};
    metrics.fold(outcomes);
    const Families model = collect(metrics, 10 * kSecond);
    std::size_t counters = 0;
    const std::string scrape = metrics.expose(ScrapeFormat::kProtobuf, {10 * kSecond, 1.7e9});
    for (const ProtobufMessage& family : read_delimited(scrape)) {
        if (family.number(3) != 0 || family.text(1).starts_with("process_")) continue;
        for (const ProtobufMessage& metric : family.messages(4)) {
            EXPECT_EQ(value_of(model, family.text(1), labels_of(metric)), metric.message(3).real(1))
                << family.text(1);
            ++counters;
        }
    }
    EXPECT_GT(counters, 20U);
}

}  // namespace
}  // namespace flowtap::protobuf_exposition_test
