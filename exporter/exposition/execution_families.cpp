// SPDX-License-Identifier: Apache-2.0
#include "exporter/exposition/execution_families.h"

#include <algorithm>
#include <array>
#include <compare>
#include <tuple>

namespace flowtap {

namespace {

constexpr std::size_t kMaxLabels = member_count<TargetLabel>() + 4;

double to_seconds(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }

// The labels of one row. The status, if there is one, comes last.
class RowLabels {
public:
    explicit RowLabels(const SeriesLabels& labels) {
        add_target(*labels.target);
        const Identity& identity = labels.identity;
        if (const auto* node = std::get_if<NodeIdentity>(&identity)) {
            add("workflow_id", node->workflow_id);
            add("node_id", node->node_id);
            add("node_type", node->node_type);
        } else {
            add("workflow_id", std::get<WorkflowIdentity>(identity).workflow_id);
        }
    }
    explicit RowLabels(const ErrorLabels& labels) {
        add_target(*labels.target);
        add("workflow_id", labels.identity.workflow_id);
        add("node_id", labels.identity.node_id);
        add("error_type", labels.identity.error_type);
    }

    explicit RowLabels(const PathLabels& labels) {
        add_target(*labels.target);
        add("workflow_id", labels.identity.workflow_id);
        add("node_id", labels.identity.node_id);
    }

    [[nodiscard]] LabelsView view() const { return {labels_.data(), size_}; }
    LabelsView with_status(std::string_view status) {
        labels_[size_] = {"status", status};
        return {labels_.data(), size_ + 1};
    }

private:
    void add(std::string_view name, std::string_view value) { labels_[size_++] = {name, value}; }
    void add_target(const TargetLabelSet& target) {
        for (const auto& [label, value] : target.labels()) add(label_of(label), value);
    }

    std::array<LabelView, kMaxLabels> labels_ = {};
    std::size_t size_ = 0;
};

bool less(const Identity& left, const Identity& right) {
    const auto order = [](const NodeIdentity& node) {
        return std::tie(node.workflow_id, node.node_id, node.node_type);
    };
    if (const auto* node = std::get_if<NodeIdentity>(&left)) {
        return order(*node) < order(std::get<NodeIdentity>(right));
    }
    return std::get<WorkflowIdentity>(left).workflow_id < std::get<WorkflowIdentity>(right).workflow_id;
}

bool less(const ErrorIdentity& left, const ErrorIdentity& right) {
    const auto order = [](const ErrorIdentity& error) {
        return std::tie(error.workflow_id, error.node_id, error.error_type);
    };
    return order(left) < order(right);
}

bool less(const PathIdentity& left, const PathIdentity& right) {
    return std::tie(left.workflow_id, left.node_id) < std::tie(right.workflow_id, right.node_id);
}

template <typename Row>
std::vector<const Row*> sorted(const typename BoundedTable<Row>::Snapshot& snapshot) {
    std::vector<const Row*> rows;
    snapshot.for_each([&rows](const Row& row) { rows.push_back(&row); });
    std::ranges::sort(rows, [](const Row* left, const Row* right) {
        if (*left->labels->target != *right->labels->target)
            return std::is_lt(*left->labels->target <=> *right->labels->target);
        return less(left->labels->identity, right->labels->identity);
    });
    return rows;
}

using RowPointers = std::vector<const ExecutionRow*>;

// One scrape.
class ExecutionFamilies {
public:
    ExecutionFamilies(Exposition& exposition, const ExecutionStyle& style, const Moment& now)
        : out_(exposition), style_(style), now_(now) {}

    void counts(const RowPointers& rows, std::string_view name, std::string_view help) {
        out_.begin({name, FamilyType::kCounter, help});
        for (const ExecutionRow* row : rows) {
            RowLabels labels(*row->labels);
            const double created = now_.unix_of(row->created_ns);
            out_.counter(labels.with_status("started"), static_cast<double>(row->started), created);
            row->ended.for_each([&](Status, std::string_view status, std::uint64_t count) {
                out_.counter(labels.with_status(status), static_cast<double>(count), created);
            });
        }
    }

    void active(const RowPointers& rows, std::string_view name, std::string_view help) {
        out_.begin({name, FamilyType::kGauge, help});
        for (const ExecutionRow* row : rows)
            out_.gauge(RowLabels(*row->labels).view(), static_cast<double>(row->active()));
    }

    // Omits nodes for which this was never known: 0 would be a number.
    void seconds(const RowPointers& nodes, std::string_view name, std::string_view help,
                 std::uint64_t ExecutionRow::*nanoseconds) {
        out_.begin({name, FamilyType::kCounter, help});
        for (const ExecutionRow* row : nodes) {
            if (row->known_running == 0) continue;
            out_.counter(RowLabels(*row->labels).view(), static_cast<double>(row->*nanoseconds) / 1e9,
                         now_.unix_of(row->created_ns));
        }
    }

    void workflow_durations(const RowPointers& workflows) {
        out_.begin({"workflow_duration_seconds", FamilyType::kHistogram,
                    "Wall time of workflow executions that ended in success."});
        for (const ExecutionRow* row : workflows)
            histogram(*row, RowLabels(*row->labels).view(), row->durations_of(Status::kSuccess));
    }

    // Success has a series from the first execution on, the other statuses from their first occurrence:
    // histograms are most of all series, and most nodes never fail.
    void node_durations(const RowPointers& nodes) {
        out_.begin({"workflow_node_duration_seconds", FamilyType::kHistogram,
                    "Wall time of ended node executions, by how they ended."});
        for (const ExecutionRow* row : nodes) {
            RowLabels labels(*row->labels);
            row->ended.for_each([&](Status status, std::string_view text, std::uint64_t) {
                const Histogram* durations = row->durations_of(status);
                if (durations == nullptr && status != Status::kSuccess) return;
                histogram(*row, labels.with_status(text), durations);
            });
        }
    }

    void latency(const Latency::Snapshot& latency, std::uint64_t started_ns) {
        out_.begin({"workflow_latency_seconds", FamilyType::kSummary,
                    "Wall time of all ended workflow executions, whatever their status."});
        std::vector<QuantileValue> quantiles;
        if (!style_.quantiles.empty()) {
            const ExponentialHistogram recent = latency.recent(now_.monotonic_ns);
            for (const double quantile : style_.quantiles)
                quantiles.push_back({quantile, recent.quantile(quantile)});
        }
        out_.summary({.labels = {},
                      .count = latency.count,
                      .sum = to_seconds(latency.sum_ns),
                      .quantiles = quantiles,
                      .created = now_.unix_of(started_ns)});
    }

    void active_workflows(const RowPointers& workflows) {
        out_.begin({"active_workflows", FamilyType::kGauge, "Workflow executions started and not ended."});
        std::uint64_t sum = 0;
        for (const ExecutionRow* row : workflows) sum += row->active();
        out_.gauge({}, static_cast<double>(sum));
    }

    void oldest_active(const RowPointers& workflows) {
        out_.begin({"workflow_oldest_active_seconds", FamilyType::kGauge,
                    "Age of the oldest workflow execution still running; 0 if none is."});
        for (const ExecutionRow* row : workflows) {
            const bool running = row->active() > 0 && now_.monotonic_ns > row->oldest_begin_ns;
            const auto age_ns = running ? now_.monotonic_ns - row->oldest_begin_ns : 0;
            out_.gauge(RowLabels(*row->labels).view(), to_seconds(age_ns));
        }
    }

    void errors(const std::vector<const ErrorRow*>& errors) {
        out_.begin({"workflow_errors_total", FamilyType::kCounter,
                    "Failed executions by error type; node_id is empty for the workflow itself."});
        for (const ErrorRow* row : errors) {
            out_.counter(RowLabels(*row->labels).view(), static_cast<double>(row->count),
                         now_.unix_of(row->created_ns));
        }
    }

    void critical_paths(const std::vector<const PathRow*>& paths) {
        out_.begin(
            {"workflow_critical_path_seconds_total", FamilyType::kCounter,
             "Wall time of successful workflow executions by the node that bounded it; node_id is empty "
             "for the engine, between nodes."});
        for (const PathRow* row : paths) {
            out_.counter(RowLabels(*row->labels).view(), to_seconds(row->on_path_ns),
                         now_.unix_of(row->created_ns));
        }
    }

private:
    void histogram(const ExecutionRow& row, LabelsView labels, const Histogram* durations) {
        const Histogram& known = durations == nullptr ? nothing_ : *durations;
        out_.histogram({.labels = labels,
                        .shape = style_.histograms,
                        .histogram = known,
                        .created = now_.unix_of(row.created_ns),
                        .exemplar_end = now_.unix_of(known.exemplar().end_ns)});
    }

    Exposition& out_;
    const ExecutionStyle& style_;
    const Moment& now_;
    const Histogram nothing_;
};

}  // namespace

void expose_executions(Exposition& exposition, const LedgerSnapshot& snapshot, const ExecutionStyle& style,
                       const Moment& now, std::uint64_t started_ns) {
    const RowPointers workflows = sorted<ExecutionRow>(snapshot.workflows);
    const RowPointers nodes = sorted<ExecutionRow>(snapshot.nodes);
    ExecutionFamilies families(exposition, style, now);
    families.counts(workflows, "workflow_executions_total",
                    "Workflow executions: started at entry, then one of the other statuses.");
    families.workflow_durations(workflows);
    families.active_workflows(workflows);
    families.latency(snapshot.latency, started_ns);
    families.counts(nodes, "workflow_node_executions_total",
                    "Node executions: started at entry, then one of the other statuses.");
    families.node_durations(nodes);
    families.seconds(nodes, "workflow_node_running_seconds_total",
                     "Time that ended node executions ran, without the time they were suspended in an await.",
                     &ExecutionRow::running_ns);
    families.seconds(nodes, "workflow_node_suspended_seconds_total",
                     "Time that ended node executions were suspended in an await.",
                     &ExecutionRow::suspended_ns);
    families.active(workflows, "workflow_executions_active",
                    "Workflow executions started and not ended, by workflow.");
    families.active(nodes, "workflow_node_executions_active", "Node executions started and not ended.");
    families.errors(sorted<ErrorRow>(snapshot.errors));
    families.oldest_active(workflows);
    families.critical_paths(sorted<PathRow>(snapshot.critical_paths));
}

}  // namespace flowtap
