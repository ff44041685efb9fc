// SPDX-License-Identifier: Apache-2.0
#include "exporter/execution_families.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "exporter/families.h"

namespace flowtap {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::size_t kSuccess = static_cast<std::size_t>(Status::kSuccess);

double to_seconds(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }

Labels labels_of(const WorkflowIdentity& workflow) { return {{"workflow_id", workflow.workflow_id}}; }
Labels labels_of(const NodeIdentity& node) {
    return {{"workflow_id", node.workflow_id}, {"node_id", node.node_id}, {"node_type", node.node_type}};
}
Labels labels_of(const ErrorIdentity& error) {
    return {{"workflow_id", error.workflow_id}, {"node_id", error.node_id}, {"error_type", error.error_type}};
}

auto order_of(const WorkflowIdentity& workflow) { return std::tie(workflow.workflow_id); }
auto order_of(const NodeIdentity& node) { return std::tie(node.workflow_id, node.node_id, node.node_type); }
auto order_of(const ErrorIdentity& error) {
    return std::tie(error.workflow_id, error.node_id, error.error_type);
}

template <typename Row>
void sort_by_identity(std::vector<Row>& rows) {
    std::sort(rows.begin(), rows.end(), [](const Row& left, const Row& right) {
        return order_of(*left.identity) < order_of(*right.identity);
    });
}

Labels with_status(Labels labels, std::string_view status) {
    labels.push_back({"status", std::string(status)});
    return labels;
}

void add_histogram(MetricFamily& family, Labels labels, const Histogram& histogram,
                   const BucketBounds& bounds) {
    ClientMetric& sample = family.metric.emplace_back();
    sample.label = std::move(labels);
    sample.histogram.sample_sum = to_seconds(histogram.sum_ns());
    std::uint64_t cumulative = 0;
    for (std::size_t index = 0; index < bounds.size(); ++index) {
        cumulative += histogram.in_bucket(index);
        sample.histogram.bucket.push_back({cumulative, bounds.seconds(index)});
    }
    // The serializer adds the +Inf bucket from sample_count.
    sample.histogram.sample_count = cumulative + histogram.in_bucket(bounds.size());
}

template <typename Identity>
MetricFamily execution_counts(const std::vector<ExecutionRow<Identity>>& rows, std::string name,
                              std::string help) {
    MetricFamily family = make_family(std::move(name), MetricType::Counter, std::move(help));
    for (const auto& [identity, numbers, oldest] : rows) {
        const Labels labels = labels_of(*identity);
        add_value(family, with_status(labels, "started"), static_cast<double>(numbers.started));
        numbers.ended.for_each([&family, &labels](Status, std::string_view status, std::uint64_t count) {
            add_value(family, with_status(labels, status), static_cast<double>(count));
        });
    }
    return family;
}

template <typename Identity>
MetricFamily active_executions(const std::vector<ExecutionRow<Identity>>& rows, std::string name,
                               std::string help) {
    MetricFamily family = make_family(std::move(name), MetricType::Gauge, std::move(help));
    for (const auto& row : rows) {
        add_value(family, labels_of(*row.identity), static_cast<double>(active(row.numbers)));
    }
    return family;
}

MetricFamily workflow_durations(const LedgerSnapshot& snapshot, const BucketBounds& bounds) {
    MetricFamily family = make_family("workflow_duration_seconds", MetricType::Histogram,
                                      "Wall time of workflow executions that ended in success.");
    for (const auto& row : snapshot.workflows) {
        add_histogram(family, labels_of(*row.identity), row.numbers.durations[kSuccess], bounds);
    }
    return family;
}

// No series of a node of which it was never known: 0 would be a number.
MetricFamily node_seconds(const LedgerSnapshot& snapshot, std::string name, std::string help,
                          std::uint64_t ExecutionNumbers::*nanoseconds) {
    MetricFamily family = make_family(std::move(name), MetricType::Counter, std::move(help));
    for (const auto& [identity, numbers, oldest] : snapshot.nodes)
        if (numbers.known_running > 0)
            add_value(family, labels_of(*identity), to_seconds(numbers.*nanoseconds));
    return family;
}

// Success is there from the first execution on, the other statuses once they have happened: histograms
// are the bulk of all series, and most nodes never fail.
MetricFamily node_durations(const LedgerSnapshot& snapshot, const BucketBounds& bounds) {
    MetricFamily family = make_family("workflow_node_duration_seconds", MetricType::Histogram,
                                      "Wall time of ended node executions, by how they ended.");
    for (const auto& [identity, numbers, oldest] : snapshot.nodes) {
        for (std::size_t status = 0; status < Tally<Status>::kSize; ++status) {
            if (status != kSuccess && numbers.durations[status].empty()) continue;
            add_histogram(family, with_status(labels_of(*identity), label_of(static_cast<Status>(status))),
                          numbers.durations[status], bounds);
        }
    }
    return family;
}

MetricFamily workflow_latency(const DurationSum& latency) {
    MetricFamily family = make_family("workflow_latency_seconds", MetricType::Summary,
                                      "Wall time of all ended workflow executions, whatever their status.");
    ClientMetric& sample = family.metric.emplace_back();
    sample.summary.sample_count = latency.count;
    sample.summary.sample_sum = to_seconds(latency.sum_ns);
    return family;
}

MetricFamily active_workflows(const LedgerSnapshot& snapshot) {
    std::uint64_t sum = 0;
    for (const auto& row : snapshot.workflows) sum += active(row.numbers);
    return make_gauge("active_workflows", "Workflow executions begun and not ended.",
                      static_cast<double>(sum));
}

MetricFamily oldest_active(const LedgerSnapshot& snapshot, std::uint64_t now_ns) {
    MetricFamily family = make_family("workflow_oldest_active_seconds", MetricType::Gauge,
                                      "Age of the oldest workflow execution still running; 0 if none is.");
    for (const auto& [identity, numbers, oldest] : snapshot.workflows) {
        const bool running = active(numbers) > 0 && now_ns > oldest;
        add_value(family, labels_of(*identity), running ? to_seconds(now_ns - oldest) : 0);
    }
    return family;
}

MetricFamily errors(const LedgerSnapshot& snapshot) {
    MetricFamily family =
        make_family("workflow_errors_total", MetricType::Counter,
                    "Failed executions by error type; node_id is empty for the workflow itself.");
    for (const auto& [identity, count] : snapshot.errors) {
        add_value(family, labels_of(*identity), static_cast<double>(count));
    }
    return family;
}

}  // namespace

std::vector<MetricFamily> execution_families(LedgerSnapshot snapshot, const BucketBounds& bounds,
                                             std::uint64_t now_ns) {
    sort_by_identity(snapshot.workflows);
    sort_by_identity(snapshot.nodes);
    sort_by_identity(snapshot.errors);
    return {
        execution_counts(snapshot.workflows, "workflow_executions_total",
                         "Workflow executions: started at entry, then one of the other statuses."),
        workflow_durations(snapshot, bounds),
        active_workflows(snapshot),
        workflow_latency(snapshot.latency),
        execution_counts(snapshot.nodes, "workflow_node_executions_total",
                         "Node executions: started at entry, then one of the other statuses."),
        node_durations(snapshot, bounds),
        node_seconds(snapshot, "workflow_node_running_seconds_total",
                     "Time that ended node executions ran, without the time they were suspended in an await.",
                     &ExecutionNumbers::running_ns),
        node_seconds(snapshot, "workflow_node_suspended_seconds_total",
                     "Time that ended node executions were suspended in an await.",
                     &ExecutionNumbers::suspended_ns),
        active_executions(snapshot.workflows, "workflow_executions_active",
                          "Workflow executions begun and not ended, by workflow."),
        active_executions(snapshot.nodes, "workflow_node_executions_active",
                          "Node executions begun and not ended."),
        errors(snapshot),
        oldest_active(snapshot, now_ns),
    };
}

}  // namespace flowtap
