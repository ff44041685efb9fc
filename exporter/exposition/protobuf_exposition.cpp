// SPDX-License-Identifier: Apache-2.0
#include "exporter/exposition/protobuf_exposition.h"

#include <cmath>
#include <limits>

namespace flowtap {

namespace {

// Field numbers of io.prometheus.client (prometheus/client_model, metrics.proto).
namespace family_field {
enum : std::uint32_t { kName = 1, kHelp = 2, kType = 3, kMetric = 4 };
}
namespace metric_field {
enum : std::uint32_t { kLabel = 1, kGauge = 2, kCounter = 3, kSummary = 4, kHistogram = 7 };
}
namespace value_field {  // of LabelPair, Counter, Gauge, Quantile
enum : std::uint32_t { kLabelName = 1, kLabelValue = 2, kValue = 1, kCounterCreated = 3, kQuantileValue = 2 };
}
namespace summary_field {
enum : std::uint32_t { kCount = 1, kSum = 2, kQuantile = 3, kCreated = 4 };
}
namespace histogram_field {
enum : std::uint32_t {
    kCount = 1,
    kSum = 2,
    kBucket = 3,
    kSchema = 5,
    kZeroThreshold = 6,
    kZeroCount = 7,
    kPositiveSpan = 12,
    kPositiveDelta = 13,
    kCreated = 15
};
}
namespace bucket_field {
enum : std::uint32_t { kCumulativeCount = 1, kUpperBound = 2, kExemplar = 3 };
}
namespace exemplar_field {
enum : std::uint32_t { kLabel = 1, kValue = 2, kTimestamp = 3 };
}
namespace span_field {
enum : std::uint32_t { kOffset = 1, kLength = 2 };
}

constexpr double kZeroThreshold = 0x1p-128;  // as in the client libraries; only 0 itself is that small here

std::uint64_t type_number(FamilyType type) {
    switch (type) {
        case FamilyType::kCounter:
            return 0;
        case FamilyType::kGauge:
            return 1;
        case FamilyType::kSummary:
            return 2;
        case FamilyType::kHistogram:
            return 4;
    }
    return 3;  // untyped
}

ProtobufWriter label_pair(std::string_view name, std::string_view value) {
    ProtobufWriter pair;
    pair.text(value_field::kLabelName, name);
    pair.text(value_field::kLabelValue, value);
    return pair;
}

// google.protobuf.Timestamp
ProtobufWriter timestamp(double unix_seconds) {
    const double whole = std::floor(unix_seconds);
    ProtobufWriter time;
    time.uint64(1, static_cast<std::uint64_t>(whole));
    time.uint64(2, static_cast<std::uint64_t>((unix_seconds - whole) * 1e9));
    return time;
}

void add_created(ProtobufWriter& sample, std::uint32_t field, double created) {
    if (created > 0) sample.message(field, timestamp(created));
}

ProtobufWriter exemplar_of(const HistogramSample& sample) {
    const Exemplar& execution = sample.histogram.exemplar();
    ProtobufWriter exemplar;
    exemplar.message(exemplar_field::kLabel, label_pair("pid", std::to_string(execution.tgid)));
    exemplar.message(exemplar_field::kLabel, label_pair("tid", std::to_string(execution.tid)));
    exemplar.number(exemplar_field::kValue, static_cast<double>(execution.duration_ns) / 1e9);
    exemplar.message(exemplar_field::kTimestamp, timestamp(sample.exemplar_end));
    return exemplar;
}

void add_classic(ProtobufWriter& message, const HistogramSample& sample) {
    const bool has_exemplar = sample.histogram.exemplar().end_ns != 0;
    const auto with_exemplar = sample.shape.bounds.bucket_of(sample.histogram.exemplar().duration_ns);
    std::uint64_t cumulative = 0;
    ProtobufWriter bucket;
    for (std::size_t index = 0; index <= sample.shape.bounds.size(); ++index) {
        cumulative += sample.histogram.in_bucket(index);
        const bool last = index == sample.shape.bounds.size();
        bucket.clear();
        bucket.uint64(bucket_field::kCumulativeCount, cumulative);
        bucket.number(bucket_field::kUpperBound,
                      last ? std::numeric_limits<double>::infinity() : sample.shape.bounds.seconds(index));
        if (has_exemplar && index == with_exemplar) {
            bucket.message(bucket_field::kExemplar, exemplar_of(sample));
        }
        message.message(histogram_field::kBucket, bucket);
    }
    message.uint64(histogram_field::kCount, cumulative);
}

// A span is a run of buckets: how many are skipped before it, and how many it has. A few empty buckets inside
// a span cost less than a new span.
struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
};

std::vector<Span> spans_of(std::span<const std::uint64_t> counts) {
    constexpr std::size_t kGap = 2;
    std::vector<Span> spans;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] == 0) continue;
        if (spans.empty() || i > spans.back().end + kGap) spans.push_back({i, i});
        spans.back().end = i + 1;
    }
    return spans;
}

ProtobufWriter span_message(std::int64_t offset, std::uint64_t length) {
    ProtobufWriter span;
    span.sint64(span_field::kOffset, offset);
    span.uint64(span_field::kLength, length);
    return span;
}

// Writes each bucket as its difference from the previous one. A span without buckets marks a native histogram
// that has no observations yet.
void add_native(ProtobufWriter& message, const ExponentialHistogram& native) {
    message.sint64(histogram_field::kSchema, native.schema());
    message.number(histogram_field::kZeroThreshold, kZeroThreshold);
    message.uint64(histogram_field::kZeroCount, native.zeros());
    const std::vector<Span> spans = spans_of(native.counts());
    if (spans.empty()) message.message(histogram_field::kPositiveSpan, span_message(0, 0));
    std::int64_t next = 0;
    for (const Span& span : spans) {
        const std::int64_t first = native.first() + static_cast<std::int64_t>(span.begin);
        message.message(histogram_field::kPositiveSpan, span_message(first - next, span.end - span.begin));
        next = native.first() + static_cast<std::int64_t>(span.end);
    }
    std::int64_t before = 0;
    for (const Span& span : spans) {
        for (std::size_t i = span.begin; i < span.end; ++i) {
            const auto count = static_cast<std::int64_t>(native.counts()[i]);
            message.sint64(histogram_field::kPositiveDelta, count - before);
            before = count;
        }
    }
}

}  // namespace

void ProtobufExposition::begin(const FamilyHead& head) {
    finish_family();
    family_.text(family_field::kName, head.name);
    family_.text(family_field::kHelp, head.help);
    family_.uint64(family_field::kType, type_number(head.type));
}

void ProtobufExposition::finish_family() {
    if (!family_.bytes().empty()) families_.delimited(family_.bytes());
    family_.clear();
}

void ProtobufExposition::add(LabelsView labels, std::uint32_t field, const ProtobufWriter& sample) {
    metric_.clear();
    for (const LabelView& label : labels)
        metric_.message(metric_field::kLabel, label_pair(label.name, label.value));
    metric_.message(field, sample);
    family_.message(family_field::kMetric, metric_);
}

void ProtobufExposition::counter(LabelsView labels, double value, double created) {
    ProtobufWriter counter;
    counter.number(value_field::kValue, value);
    add_created(counter, value_field::kCounterCreated, created);
    add(labels, metric_field::kCounter, counter);
}

void ProtobufExposition::gauge(LabelsView labels, double value) {
    ProtobufWriter gauge;
    gauge.number(value_field::kValue, value);
    add(labels, metric_field::kGauge, gauge);
}

void ProtobufExposition::histogram(const HistogramSample& sample) {
    ProtobufWriter histogram;
    histogram.number(histogram_field::kSum, static_cast<double>(sample.histogram.sum_ns()) / 1e9);
    add_classic(histogram, sample);
    if (sample.shape.native_schema) {
        const auto& native = sample.histogram.native();
        add_native(histogram, native ? *native : ExponentialHistogram(*sample.shape.native_schema));
    }
    add_created(histogram, histogram_field::kCreated, sample.created);
    add(sample.labels, metric_field::kHistogram, histogram);
}

void ProtobufExposition::summary(const SummarySample& sample) {
    ProtobufWriter summary;
    summary.uint64(summary_field::kCount, sample.count);
    summary.number(summary_field::kSum, sample.sum);
    for (const auto& [quantile, value] : sample.quantiles) {
        ProtobufWriter pair;
        pair.number(value_field::kValue, quantile);
        pair.number(value_field::kQuantileValue, value);
        summary.message(summary_field::kQuantile, pair);
    }
    add_created(summary, summary_field::kCreated, sample.created);
    add(sample.labels, metric_field::kSummary, summary);
}

std::string ProtobufExposition::take() {
    finish_family();
    return families_.bytes();
}

}  // namespace flowtap
