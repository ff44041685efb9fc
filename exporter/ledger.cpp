// SPDX-License-Identifier: Apache-2.0
#include "exporter/ledger.h"

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <utility>

namespace flowtap {

namespace {

std::size_t hash_texts(std::initializer_list<std::string_view> texts) {
    std::size_t hash = 0;
    for (const std::string_view text : texts) {
        hash = hash * 0x9e3779b97f4a7c15U + std::hash<std::string_view>{}(text);
    }
    return hash;
}

const std::string& workflow_of(const Identity& identity) {
    return std::visit([](const auto& labels) -> const std::string& { return labels.workflow_id; }, identity);
}

std::string node_of(const Identity& identity) {
    const auto* node = std::get_if<NodeIdentity>(&identity);
    return node == nullptr ? std::string() : node->node_id;
}

}  // namespace

std::size_t hash_of(const WorkflowIdentity& identity) { return hash_texts({identity.workflow_id}); }
std::size_t hash_of(const NodeIdentity& identity) {
    return hash_texts({identity.workflow_id, identity.node_id, identity.node_type});
}
std::size_t hash_of(const ErrorIdentity& identity) {
    return hash_texts({identity.workflow_id, identity.node_id, identity.error_type});
}

Ledger::Ledger(BucketBounds bounds, const LedgerLimits& limits)
    : bounds_(std::move(bounds)),
      workflows_(limits.workflows, {std::string(kOther)}),
      nodes_(limits.nodes, {std::string(kOther), std::string(kOther), std::string(kOther)}),
      errors_(limits.errors, {std::string(kOther), std::string(kOther), std::string(kOther)}) {}

void Ledger::enter(const Outcome& outcome) {
    std::visit([this](const auto& what) { enter(what); }, outcome);
}

Ledger::Series& Ledger::series_of(const Identity& identity) {
    if (const auto* node = std::get_if<NodeIdentity>(&identity)) {
        const auto found = nodes_.find_or_add(*node);
        if (found.overflowed) ++overflow_[BoundedMetric::kNodes];
        return found.value;
    }
    const auto found = workflows_.find_or_add(std::get<WorkflowIdentity>(identity));
    if (found.overflowed) ++overflow_[BoundedMetric::kWorkflows];
    return found.value;
}

void Ledger::enter(const Started& started) {
    const auto [open, is_new] = open_.try_emplace(started.token);
    if (!is_new) return;
    Series& series = series_of(started.identity);
    ++series.numbers.started;
    // Begins come nearly in order of time, which makes the hint right.
    const auto since = series.open_since.insert(series.open_since.end(), started.time_ns);
    open->second = {&series, since, std::holds_alternative<WorkflowIdentity>(started.identity)};
}

void Ledger::enter(const Ended& ended) {
    const auto open = open_.extract(ended.token);
    if (open.empty()) {
        ++unpaired_[UnpairedReason::kEndWithoutBegin];
        return;
    }
    const OpenExecution& execution = open.mapped();
    ExecutionNumbers& numbers = execution.series->numbers;
    execution.series->open_since.erase(execution.since);
    ++numbers.ended[ended.status];
    if (ended.status == Status::kFailed) enter_error(ended);
    if (!ended.duration_known) return;

    const std::uint64_t duration_ns = ended.end_ns > ended.begin_ns ? ended.end_ns - ended.begin_ns : 0;
    if (ended.running_ns) {
        ++numbers.known_running;
        numbers.running_ns += *ended.running_ns;
        numbers.suspended_ns += duration_ns - std::min(*ended.running_ns, duration_ns);
    }
    // A workflow's histogram holds successes only; all its ends are in the summary.
    if (!execution.is_workflow || ended.status == Status::kSuccess) {
        numbers.durations[static_cast<std::size_t>(ended.status)].observe(bounds_, duration_ns);
    }
    if (execution.is_workflow) {
        ++latency_.count;
        latency_.sum_ns += duration_ns;
    }
}

void Ledger::enter_error(const Ended& ended) {
    const auto found =
        errors_.find_or_add({workflow_of(ended.identity), node_of(ended.identity), ended.error_type});
    ++found.value;
    if (found.overflowed) ++overflow_[BoundedMetric::kErrors];
}

template <typename Identity>
std::vector<ExecutionRow<Identity>> Ledger::rows_of(const BoundedTable<Identity, Series>& table) {
    std::vector<ExecutionRow<Identity>> rows;
    rows.reserve(table.size());
    table.for_each([&rows](const std::shared_ptr<const Identity>& identity, const Series& series) {
        const auto& since = series.open_since;
        rows.push_back({identity, series.numbers, since.empty() ? 0 : *since.begin()});
    });
    return rows;
}

LedgerSnapshot Ledger::snapshot() const {
    LedgerSnapshot copy;
    copy.workflows = rows_of(workflows_);
    copy.nodes = rows_of(nodes_);
    copy.errors.reserve(errors_.size());
    errors_.for_each([&copy](const auto& identity, std::uint64_t count) {
        copy.errors.push_back({identity, count});
    });
    copy.latency = latency_;
    copy.unpaired = unpaired_;
    copy.overflow = overflow_;
    return copy;
}

}  // namespace flowtap
