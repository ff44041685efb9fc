// SPDX-License-Identifier: Apache-2.0
#include "exporter/metrics/ledger.h"

#include <algorithm>
#include <string>
#include <utility>

#include "pipeline/identity.h"

namespace flowtap {

namespace {

// expire() goes through a large table within a minute, through a small one at once.
constexpr std::size_t kRoundsPerSweep = 60;
constexpr std::size_t kLeastPerRound = 1000;  // rows

std::string other() { return std::string(kOther); }

std::string node_of(const Identity& identity) {
    const auto* node = std::get_if<NodeIdentity>(&identity);
    return node == nullptr ? std::string() : node->node_id;
}

Histogram& durations_of(ExecutionRow& execution, Status status) {
    const auto found = std::ranges::find(execution.durations, status, &StatusDurations::status);
    if (found != execution.durations.end()) return found->histogram;
    return execution.durations.emplace_back(StatusDurations{status, {}}).histogram;
}

}  // namespace

Ledger::Ledger(LedgerConfig config)
    : config_(std::move(config)),
      workflows_(config_.limits.workflows,
                 {std::make_shared<const TargetLabelSet>(), WorkflowIdentity{other()}}),
      nodes_(config_.limits.nodes,
             {std::make_shared<const TargetLabelSet>(), NodeIdentity{other(), other(), other()}}),
      errors_(config_.limits.errors,
              {std::make_shared<const TargetLabelSet>(), ErrorIdentity{other(), other(), other()}}),
      critical_paths_(config_.limits.critical_paths,
                      {std::make_shared<const TargetLabelSet>(), PathIdentity{other(), other()}}),
      no_target_(std::make_shared<const TargetLabelSet>(config_.target_labels, TargetLabels())),
      latency_(config_.latency_quantiles) {}

void Ledger::record(const Outcome& outcome) {
    std::visit([this](const auto& what) { record(what); }, outcome);
}

void Ledger::set_bounds(const LedgerLimits& limits, std::uint64_t expiry_ns) {
    config_.limits = limits;
    config_.expiry_ns = expiry_ns;
    workflows_.set_limit(limits.workflows);
    nodes_.set_limit(limits.nodes);
    errors_.set_limit(limits.errors);
    critical_paths_.set_limit(limits.critical_paths);
}

void Ledger::set_target(std::uint32_t tgid, const TargetLabels& labels) {
    if (config_.target_labels.empty()) return;
    targets_[tgid] = std::make_shared<const TargetLabelSet>(config_.target_labels, labels);
}

void Ledger::forget_target(std::uint32_t tgid) { targets_.erase(tgid); }

const SharedTargetLabels& Ledger::target_of(std::uint32_t tgid) const {
    if (targets_.empty()) return no_target_;
    const auto known = targets_.find(tgid);
    return known == targets_.end() ? no_target_ : known->second;
}

Ledger::Starts& Ledger::starts_of(std::uint32_t workflow_row) {
    if (starts_.size() <= workflow_row) starts_.resize(workflow_row + std::size_t{1});
    auto& starts = starts_[workflow_row];
    if (!starts) starts.emplace(&memory_);
    return *starts;
}

std::uint32_t Ledger::row_of(BoundedTable<ExecutionRow>& table, BoundedMetric metric,
                             const Started& started) {
    const SharedTargetLabels& target = target_of(started.tgid);
    if (const auto known = found_.find(started.identity, target)) return *known;
    const auto found = table.find_or_add({target, started.identity});
    if (found.added) {
        ExecutionRow& row = table.edit(found.row);
        row.created_ns = started.time_ns;
        if (!table.is_other(found.row))
            row.activity = activities_.add_row(target, workflow_of(*started.identity));
    }
    if (found.overflowed) {
        ++overflow_[metric];
    } else {
        found_.remember(started.identity, target, found.row);
    }
    return found.row;
}

void Ledger::record(const Started& started) {
    const auto [open, is_new] = open_.try_emplace(started.token);
    if (!is_new) return;
    OpenExecution& execution = open->second;
    execution.is_workflow = std::holds_alternative<WorkflowIdentity>(*started.identity);
    auto& table = execution.is_workflow ? workflows_ : nodes_;
    const auto metric = execution.is_workflow ? BoundedMetric::kWorkflows : BoundedMetric::kNodes;
    execution.row = row_of(table, metric, started);
    ExecutionRow& row = table.edit(execution.row);
    ++row.started;
    activities_.begin(row.activity, started.time_ns);
    if (!execution.is_workflow) return;
    // Begins arrive almost in order of time, so the hint is usually right.
    Starts& starts = starts_of(execution.row);
    execution.since = starts.insert(starts.end(), started.time_ns);
    row.oldest_begin_ns = *starts.begin();
}

void Ledger::record(const Ended& ended) {
    const auto open = open_.find(ended.token);
    if (open == open_.end()) {
        ++unpaired_[UnpairedReason::kEndWithoutBegin];
        return;
    }
    const OpenExecution execution = open->second;
    open_.erase(open);
    ExecutionRow& row = (execution.is_workflow ? workflows_ : nodes_).edit(execution.row);
    ++row.ended[ended.status];
    activities_.end(row.activity, ended.end_ns);
    if (execution.is_workflow) {
        Starts& starts = starts_of(execution.row);
        starts.erase(execution.since);
        row.oldest_begin_ns = starts.empty() ? 0 : *starts.begin();
    }
    if (ended.status == Status::kFailed) enter_error(row, ended);
    if (ended.duration_known) observe(row, ended, execution.is_workflow);
}

// A workflow's histogram has successes only; the summary has all ends.
void Ledger::observe(ExecutionRow& execution, const Ended& ended, bool is_workflow) {
    const std::uint64_t duration_ns = ended.end_ns > ended.begin_ns ? ended.end_ns - ended.begin_ns : 0;
    if (is_workflow) latency_.observe(duration_ns, ended.end_ns);
    if (ended.running_ns) {
        ++execution.known_running;
        execution.running_ns += *ended.running_ns;
        execution.suspended_ns += duration_ns - std::min(*ended.running_ns, duration_ns);
    }
    if (is_workflow && ended.status != Status::kSuccess) return;
    durations_of(execution, ended.status)
        .observe(config_.histograms, {duration_ns, ended.end_ns, ended.tgid, ended.tid});
}

void Ledger::enter_error(const ExecutionRow& execution, const Ended& ended) {
    const Identity& identity = ended.identity;
    const SharedTargetLabels& target =
        execution.activity == Activities::kNone ? target_of(ended.tgid) : execution.labels->target;
    const auto found =
        errors_.find_or_add({target, {workflow_of(identity), node_of(identity), ended.error_type}});
    if (found.overflowed) ++overflow_[BoundedMetric::kErrors];
    ErrorRow& row = errors_.edit(found.row);
    ++row.count;
    if (found.added) {
        row.created_ns = ended.end_ns;
        if (!errors_.is_other(found.row)) row.activity = activities_.add_row(target, workflow_of(identity));
    }
    activities_.mark_seen(row.activity, ended.end_ns);
}

void Ledger::record(const CriticalPath& path) {
    for (const CriticalStep& step : path.steps)
        enter_on_path(path, node_of(step.identity), step.end_ns - step.begin_ns);
    enter_on_path(path, {}, path.engine_ns);
}

void Ledger::enter_on_path(const CriticalPath& path, std::string node_id, std::uint64_t duration_ns) {
    const SharedTargetLabels& target = target_of(path.tgid);
    const std::string workflow_id = workflow_of(*path.identity);
    const auto found = critical_paths_.find_or_add({target, {workflow_id, std::move(node_id)}});
    if (found.overflowed) ++overflow_[BoundedMetric::kCriticalPaths];
    PathRow& row = critical_paths_.edit(found.row);
    row.on_path_ns += duration_ns;
    if (found.added) {
        row.created_ns = path.end_ns;
        if (!critical_paths_.is_other(found.row)) row.activity = activities_.add_row(target, workflow_id);
    }
    activities_.mark_seen(row.activity, path.end_ns);
}

template <typename Table>
void Ledger::expire(Table& table, BoundedMetric metric, std::size_t& cursor, std::uint64_t before_ns) {
    const std::size_t part = std::max(table.capacity() / kRoundsPerSweep + 1, kLeastPerRound);
    for (std::size_t i = 0; i < std::min(part, table.capacity()); ++i, ++cursor) {
        const auto row = static_cast<std::uint32_t>(cursor % table.capacity());
        const std::uint32_t activity = table[row].activity;
        if (table[row].labels == nullptr || !activities_.idle_since(activity, before_ns)) continue;
        table.erase(row);
        activities_.remove_row(activity);
        found_.forget_all();
        ++expired_[metric];
    }
}

void Ledger::expire(std::uint64_t now_ns) {
    if (config_.expiry_ns == 0 || now_ns < config_.expiry_ns) return;
    const std::uint64_t before_ns = now_ns - config_.expiry_ns;
    expire(workflows_, BoundedMetric::kWorkflows, cursors_.workflows, before_ns);
    expire(nodes_, BoundedMetric::kNodes, cursors_.nodes, before_ns);
    expire(errors_, BoundedMetric::kErrors, cursors_.errors, before_ns);
    expire(critical_paths_, BoundedMetric::kCriticalPaths, cursors_.critical_paths, before_ns);
}

LedgerSnapshot Ledger::snapshot() {
    LedgerSnapshot copy;
    copy.workflows = workflows_.snapshot();
    copy.nodes = nodes_.snapshot();
    copy.errors = errors_.snapshot();
    copy.critical_paths = critical_paths_.snapshot();
    copy.latency = latency_.snapshot();
    copy.unpaired = unpaired_;
    copy.paths_unknown = paths_unknown_;
    copy.overflow = overflow_;
    copy.expired = expired_;
    return copy;
}

}  // namespace flowtap
