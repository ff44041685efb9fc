// SPDX-License-Identifier: Apache-2.0
#include "exporter/exposition/families.h"

#include <utility>

namespace flowtap {

using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily make_family(std::string name, MetricType type, std::string help) {
    return {std::move(name), std::move(help), type, {}};
}

void add_value(MetricFamily& family, Labels labels, double value) {
    prometheus::ClientMetric& sample = family.metric.emplace_back();
    sample.label = std::move(labels);
    if (family.type == MetricType::Counter) sample.counter.value = value;
    if (family.type == MetricType::Gauge) sample.gauge.value = value;
}

MetricFamily make_counter(std::string name, std::string help, double value) {
    MetricFamily family = make_family(std::move(name), MetricType::Counter, std::move(help));
    add_value(family, {}, value);
    return family;
}

MetricFamily make_gauge(std::string name, std::string help, double value) {
    MetricFamily family = make_family(std::move(name), MetricType::Gauge, std::move(help));
    add_value(family, {}, value);
    return family;
}

void expose_families(Exposition& exposition, const std::vector<MetricFamily>& families) {
    std::vector<LabelView> labels;
    for (const MetricFamily& family : families) {
        const bool is_counter = family.type == MetricType::Counter;
        exposition.begin({family.name, is_counter ? FamilyType::kCounter : FamilyType::kGauge, family.help});
        for (const prometheus::ClientMetric& sample : family.metric) {
            labels.clear();
            for (const auto& label : sample.label) labels.push_back({label.name, label.value});
            if (is_counter) {
                exposition.counter(labels, sample.counter.value, 0);
            } else {
                exposition.gauge(labels, sample.gauge.value);
            }
        }
    }
}

}  // namespace flowtap
