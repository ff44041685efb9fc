// SPDX-License-Identifier: Apache-2.0
// Pieces of Prometheus' data model.
#pragma once

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/exposition/exposition.h"
#include "exporter/metrics/tally.h"

namespace flowtap {

using Labels = std::vector<prometheus::ClientMetric::Label>;

prometheus::MetricFamily make_family(std::string name, prometheus::MetricType type, std::string help);

// Adds one sample to a family of counters or gauges.
void add_value(prometheus::MetricFamily& family, Labels labels, double value);

// Families of a single sample without labels.
prometheus::MetricFamily make_counter(std::string name, std::string help, double value);
prometheus::MetricFamily make_gauge(std::string name, std::string help, double value);

// Supports counters and gauges; other types are not built with this model.
void expose_families(Exposition& exposition, const std::vector<prometheus::MetricFamily>& families);

// Adds one sample for each member of the enum, also at 0.
template <typename Enum>
void add_tally(prometheus::MetricFamily& family, const std::string& label, const Tally<Enum>& tally) {
    tally.for_each([&](Enum, std::string_view value, std::uint64_t count) {
        add_value(family, {{label, std::string(value)}}, static_cast<double>(count));
    });
}

}  // namespace flowtap
