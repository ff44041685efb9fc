// SPDX-License-Identifier: Apache-2.0
// Makes outcomes and reads samples out of what is exposed.
#pragma once

#include <prometheus/metric_family.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model_exposition.h"
#include "pipeline/outcome.h"

namespace flowtap::test {

using LabelMap = std::map<std::string, std::string>;

inline constexpr std::uint64_t kMillisecond = 1'000'000;
inline constexpr std::uint64_t kSecond = 1'000'000'000;

inline LabelMap labels_of(const prometheus::ClientMetric& sample) {
    LabelMap labels;
    for (const auto& label : sample.label) labels[label.name] = label.value;
    return labels;
}

inline const prometheus::MetricFamily* find_family(const Families& families, const std::string& name) {
    const auto family =
        std::find_if(families.begin(), families.end(), [&](const auto& f) { return f.name == name; });
    return family == families.end() ? nullptr : &*family;
}

// The sample with exactly these labels, or nullptr.
inline const prometheus::ClientMetric* find_sample(const Families& families, const std::string& name,
                                                   const LabelMap& labels = {}) {
    const auto* family = find_family(families, name);
    if (family == nullptr) return nullptr;
    for (const auto& sample : family->metric) {
        if (labels_of(sample) == labels) return &sample;
    }
    return nullptr;
}

// Of a counter or gauge; nothing if there is no such sample.
inline std::optional<double> value_of(const Families& families, const std::string& name,
                                      const LabelMap& labels = {}) {
    const auto* sample = find_sample(families, name, labels);
    if (sample == nullptr) return std::nullopt;
    const bool is_counter = find_family(families, name)->type == prometheus::MetricType::Counter;
    return is_counter ? sample->counter.value : sample->gauge.value;
}

inline Identity workflow(const std::string& id) { return WorkflowIdentity{id}; }
inline Identity node(const std::string& workflow_id, const std::string& id,
                     const std::string& type = "Type") {
    return NodeIdentity{workflow_id, id, type};
}

inline Outcome started(std::uint64_t token, Identity identity, std::uint64_t time_ns = 0) {
    Started outcome;
    outcome.token = token;
    outcome.time_ns = time_ns;
    outcome.identity = std::move(identity);
    return outcome;
}

inline Ended ended(std::uint64_t token, Identity identity, Status status,
                   std::uint64_t duration_ns = kSecond) {
    Ended outcome;
    outcome.token = token;
    outcome.end_ns = duration_ns;
    outcome.status = status;
    outcome.identity = std::move(identity);
    if (status == Status::kFailed) outcome.error_type = "ValueError";
    return outcome;
}

// For each label set without `status`: started minus all ended minus active. All must be 0.
inline std::map<LabelMap, double> imbalance(const Families& families, const std::string& counts,
                                            const std::string& active) {
    std::map<LabelMap, double> difference;
    for (const auto& sample : find_family(families, counts)->metric) {
        LabelMap labels = labels_of(sample);
        const bool is_start = labels["status"] == "started";
        labels.erase("status");
        difference[labels] += is_start ? sample.counter.value : -sample.counter.value;
    }
    for (const auto& sample : find_family(families, active)->metric) {
        difference[labels_of(sample)] -= sample.gauge.value;
    }
    return difference;
}

inline bool is_balanced(const Families& families) {
    const auto all_zero = [](const std::map<LabelMap, double>& differences) {
        return std::all_of(differences.begin(), differences.end(),
                           [](const auto& d) { return d.second == 0; });
    };
    double active = 0;
    for (const auto& sample : find_family(families, "workflow_executions_active")->metric) {
        active += sample.gauge.value;
    }
    return all_zero(imbalance(families, "workflow_executions_total", "workflow_executions_active")) &&
           all_zero(
               imbalance(families, "workflow_node_executions_total", "workflow_node_executions_active")) &&
           value_of(families, "active_workflows") == active;
}

}  // namespace flowtap::test
