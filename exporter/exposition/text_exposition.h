// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "exporter/exposition/exposition.h"

namespace flowtap {

// Prometheus text 0.0.4 and OpenMetrics text 1.0.0, which differ in few details.
class TextExposition : public Exposition {
public:
    enum class Dialect : std::uint8_t { kPrometheus, kOpenMetrics };

    explicit TextExposition(Dialect dialect) : dialect_(dialect) {}

    void begin(const FamilyHead& head) override;
    void counter(LabelsView labels, double value, double created) override;
    void gauge(LabelsView labels, double value) override;
    void histogram(const HistogramSample& sample) override;
    void summary(const SummarySample& sample) override;
    std::string take() override;

private:
    [[nodiscard]] bool open_metrics() const { return dialect_ == Dialect::kOpenMetrics; }
    // One line of a sample: family name + suffix, labels_ in braces, value.
    void line(std::string_view suffix, double value);
    void created(double seconds);
    void exemplar(const HistogramSample& sample);
    void quantiles(const SummarySample& sample);
    void set_labels(LabelsView labels);
    void set_bounds(const BucketBounds& bounds);

    Dialect dialect_;
    std::string text_;
    std::string name_;                      // of the family, without a counter's _total
    std::string labels_;                    // of the sample: name="value",...
    std::vector<std::string> bucket_ends_;  // le="0.005"} and a blank
    const BucketBounds* bounds_ = nullptr;  // the bounds that bucket_ends_ was made from
};

}  // namespace flowtap
