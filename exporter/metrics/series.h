// SPDX-License-Identifier: Apache-2.0
// What is counted for the executions with the same labels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/metrics/activities.h"
#include "exporter/metrics/histogram.h"
#include "exporter/metrics/tally.h"
#include "exporter/metrics/target_labels.h"
#include "pipeline/outcome.h"

namespace flowtap {

// The label value that replaces new ones after a table is full.
inline constexpr std::string_view kOther = "_other";

// The metrics whose label sets are bounded, each by its own limit.
enum class BoundedMetric : std::uint8_t { kWorkflows, kNodes, kErrors, kCriticalPaths };

constexpr std::string_view label_of(BoundedMetric metric) {
    switch (metric) {
        case BoundedMetric::kWorkflows:
            return "workflow_executions_total";
        case BoundedMetric::kNodes:
            return "workflow_node_executions_total";
        case BoundedMetric::kErrors:
            return "workflow_errors_total";
        case BoundedMetric::kCriticalPaths:
            return "workflow_critical_path_seconds_total";
    }
    return {};
}

struct ErrorIdentity {
    std::string workflow_id;
    std::string node_id;  // empty: the workflow itself
    std::string error_type;
    bool operator==(const ErrorIdentity&) const = default;
};

struct PathIdentity {
    std::string workflow_id;
    std::string node_id;  // empty: the engine, between nodes
    bool operator==(const PathIdentity&) const = default;
};

// An identity in a target. Neither pointer is null.
template <typename SharedLabels>
struct InTarget {
    SharedTargetLabels target;
    SharedLabels identity;
    bool operator==(const InTarget& other) const {
        return identity == other.identity && *target == *other.target;
    }
};
using SeriesLabels = InTarget<SharedIdentity>;
using ErrorLabels = InTarget<ErrorIdentity>;
using PathLabels = InTarget<PathIdentity>;

// For BoundedTable, which finds it by argument-dependent lookup.
std::size_t hash_of(const SeriesLabels& labels);
std::size_t hash_of(const ErrorLabels& labels);
std::size_t hash_of(const PathLabels& labels);

struct StatusDurations {
    Status status;
    Histogram histogram;
};

// The number of active executions is never stored, only derived, so started = ended + active always holds.
struct ExecutionRow {
    std::shared_ptr<const SeriesLabels> labels;  // null: the row is unused
    std::uint64_t started = 0;
    Tally<Status> ended;
    std::vector<StatusDurations> durations;  // for statuses with a known duration
    // Of the ended executions with known duration and known suspensions.
    std::uint64_t known_running = 0;  // number of these executions
    std::uint64_t running_ns = 0;
    std::uint64_t suspended_ns = 0;
    std::uint64_t created_ns = 0;       // begin of the first execution
    std::uint64_t oldest_begin_ns = 0;  // workflows; 0: none is active
    std::uint32_t activity = Activities::kNone;

    [[nodiscard]] std::uint64_t active() const { return started - ended.total(); }
    // Null if no duration is known.
    [[nodiscard]] const Histogram* durations_of(Status status) const;
};

struct ErrorRow {
    std::shared_ptr<const ErrorLabels> labels;  // null: the row is unused
    std::uint64_t count = 0;
    std::uint64_t created_ns = 0;  // of the first error
    std::uint32_t activity = Activities::kNone;
};

// The share of a node, or of the engine, in the critical paths of a workflow's executions.
struct PathRow {
    std::shared_ptr<const PathLabels> labels;  // null: the row is unused
    std::uint64_t on_path_ns = 0;
    std::uint64_t created_ns = 0;  // end of the first execution
    std::uint32_t activity = Activities::kNone;
};

}  // namespace flowtap
