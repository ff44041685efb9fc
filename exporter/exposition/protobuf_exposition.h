// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "exporter/exposition/exposition.h"
#include "exporter/exposition/protobuf_writer.h"

namespace flowtap {

// io.prometheus.client.MetricFamily messages, each preceded by its length. Each histogram is both classic and
// native.
class ProtobufExposition : public Exposition {
public:
    void begin(const FamilyHead& head) override;
    void counter(LabelsView labels, double value, double created) override;
    void gauge(LabelsView labels, double value) override;
    void histogram(const HistogramSample& sample) override;
    void summary(const SummarySample& sample) override;
    std::string take() override;

private:
    void add(LabelsView labels, std::uint32_t field, const ProtobufWriter& sample);
    void finish_family();

    ProtobufWriter families_;
    ProtobufWriter family_;  // empty before the first family
    ProtobufWriter metric_;  // reused by add()
};

}  // namespace flowtap
