// SPDX-License-Identifier: Apache-2.0
// What is exposed as prometheus-cpp's model, as far as that can hold it.
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <string>
#include <vector>

#include "exporter/exposition/exposition.h"
#include "exporter/metrics/metrics.h"

namespace flowtap::test {

using Families = std::vector<prometheus::MetricFamily>;

class ModelExposition : public Exposition {
public:
    void begin(const FamilyHead& head) override {
        families_.push_back({std::string(head.name), std::string(head.help), type_of(head.type), {}});
    }
    void counter(LabelsView labels, double value, double) override { add(labels).counter.value = value; }
    void gauge(LabelsView labels, double value) override { add(labels).gauge.value = value; }
    void histogram(const HistogramSample& sample) override {
        auto& histogram = add(sample.labels).histogram;
        const BucketBounds& bounds = sample.shape.bounds;
        histogram.sample_sum = static_cast<double>(sample.histogram.sum_ns()) / 1e9;
        for (std::size_t index = 0; index < bounds.size(); ++index) {
            histogram.sample_count += sample.histogram.in_bucket(index);
            histogram.bucket.push_back({histogram.sample_count, bounds.seconds(index)});
        }
        histogram.sample_count += sample.histogram.in_bucket(bounds.size());
    }
    void summary(const SummarySample& sample) override {
        auto& summary = add(sample.labels).summary;
        summary.sample_count = sample.count;
        summary.sample_sum = sample.sum;
        for (const auto& [quantile, value] : sample.quantiles) summary.quantile.push_back({quantile, value});
    }
    std::string take() override { return {}; }

    [[nodiscard]] const Families& families() const { return families_; }

private:
    static prometheus::MetricType type_of(FamilyType type) {
        switch (type) {
            case FamilyType::kCounter:
                return prometheus::MetricType::Counter;
            case FamilyType::kGauge:
                return prometheus::MetricType::Gauge;
            case FamilyType::kHistogram:
                return prometheus::MetricType::Histogram;
            case FamilyType::kSummary:
                break;
        }
        return prometheus::MetricType::Summary;
    }
    prometheus::ClientMetric& add(LabelsView labels) {
        auto& metric = families_.back().metric.emplace_back();
        for (const LabelView& label : labels)
            metric.label.push_back({std::string(label.name), std::string(label.value)});
        return metric;
    }

    Families families_;
};

inline Families collect(Metrics& metrics, std::uint64_t now_ns) {
    ModelExposition exposition;
    metrics.expose(exposition, {now_ns, 0});
    return exposition.families();
}
inline Families collect(Metrics&& metrics, std::uint64_t now_ns) { return collect(metrics, now_ns); }

}  // namespace flowtap::test
