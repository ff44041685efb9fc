// SPDX-License-Identifier: Apache-2.0
// The exposed data, independent of the format: prometheus-cpp's model lacks exemplars, creation times and
// native histograms.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "exporter/metrics/buckets.h"
#include "exporter/metrics/histogram.h"

namespace flowtap {

enum class FamilyType : std::uint8_t { kCounter, kGauge, kHistogram, kSummary };

struct FamilyHead {
    std::string_view name;  // a counter's ends in _total
    FamilyType type;
    std::string_view help;
};

struct LabelView {
    std::string_view name;
    std::string_view value;
};
using LabelsView = std::span<const LabelView>;

struct HistogramSample {
    LabelsView labels;
    const HistogramShape& shape;
    const Histogram& histogram;
    double created;       // Unix time
    double exemplar_end;  // Unix time of the histogram's exemplar
};

struct QuantileValue {
    double quantile;
    double value;
};

struct SummarySample {
    LabelsView labels;
    std::uint64_t count;
    double sum;
    std::span<const QuantileValue> quantiles;
    double created;
};

// Samples of a family follow its begin(). Views only need to live during the call.
class Exposition {
public:
    Exposition() = default;
    Exposition(const Exposition&) = delete;
    Exposition& operator=(const Exposition&) = delete;
    virtual ~Exposition() = default;

    virtual void begin(const FamilyHead& head) = 0;
    // `created` 0: unknown.
    virtual void counter(LabelsView labels, double value, double created) = 0;
    virtual void gauge(LabelsView labels, double value) = 0;
    virtual void histogram(const HistogramSample& sample) = 0;
    virtual void summary(const SummarySample& sample) = 0;

    // Returns the finished text. No call may follow.
    virtual std::string take() = 0;
};

}  // namespace flowtap
