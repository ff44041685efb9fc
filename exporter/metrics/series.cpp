// SPDX-License-Identifier: Apache-2.0
#include "exporter/metrics/series.h"

#include <algorithm>
#include <functional>
#include <initializer_list>

namespace flowtap {

namespace {

std::size_t hash_texts(std::size_t seed, std::initializer_list<std::string_view> texts) {
    std::size_t hash = seed;
    for (const std::string_view text : texts) {
        hash = hash * 0x9e3779b97f4a7c15U + std::hash<std::string_view>{}(text);
    }
    return hash;
}

}  // namespace

std::size_t hash_of(const SeriesLabels& labels) {
    const Identity& identity = labels.identity;
    if (const auto* node = std::get_if<NodeIdentity>(&identity)) {
        return hash_texts(labels.target->hash(), {node->workflow_id, node->node_id, node->node_type});
    }
    return hash_texts(labels.target->hash(), {std::get<WorkflowIdentity>(identity).workflow_id});
}

std::size_t hash_of(const ErrorLabels& labels) {
    const ErrorIdentity& error = labels.identity;
    return hash_texts(labels.target->hash(), {error.workflow_id, error.node_id, error.error_type});
}

std::size_t hash_of(const PathLabels& labels) {
    return hash_texts(labels.target->hash(), {labels.identity.workflow_id, labels.identity.node_id});
}

const Histogram* ExecutionRow::durations_of(Status status) const {
    const auto found = std::ranges::find(durations, status, &StatusDurations::status);
    return found == durations.end() ? nullptr : &found->histogram;
}

}  // namespace flowtap
