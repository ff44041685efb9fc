// SPDX-License-Identifier: Apache-2.0
#include "pipeline/critical_paths.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <variant>

namespace flowtap {
namespace {

// Among nodes that end at the same time the outermost is last, because the others ran inside it.
bool ends_earlier(const CriticalStep& left, const CriticalStep& right) {
    return std::tie(left.end_ns, right.begin_ns) < std::tie(right.end_ns, left.begin_ns);
}

// Whether the outcome proves that a begin or an end was missed.
bool proves_gap(UnpairedReason reason) {
    switch (reason) {
        case UnpairedReason::kEndWithoutBegin:
        case UnpairedReason::kLeftWithoutReturn:
        case UnpairedReason::kTooManyOpen:
        case UnpairedReason::kUnknownPoint:
            return true;
        case UnpairedReason::kInFlightAtAttach:
        case UnpairedReason::kLeftAtDetach:
        case UnpairedReason::kNodeWithoutWorkflow:
        case UnpairedReason::kFailedLate:
            return false;
    }
    return true;
}

void walk_back(std::vector<CriticalStep> nodes, CriticalPath& path) {
    std::ranges::sort(nodes, ends_earlier);
    std::uint64_t point = path.end_ns;
    for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
        if (node->end_ns > point || node->begin_ns < path.begin_ns) continue;
        path.engine_ns += point - node->end_ns;
        point = node->begin_ns;
        path.steps.push_back(std::move(*node));
    }
    path.engine_ns += point - path.begin_ns;
    std::ranges::reverse(path.steps);
}

}  // namespace

void CriticalPaths::add(std::span<const Outcome> outcomes) {
    for (const Outcome& outcome : outcomes) std::visit([this](const auto& what) { add(what); }, outcome);
}

// The enclosing execution may be another node.
std::uint64_t CriticalPaths::workflow_around(const Started& node) const {
    const auto outer = nodes_.find(node.workflow_token);
    const std::uint64_t token = outer == nodes_.end() ? node.workflow_token : outer->second;
    return workflows_.contains(token) ? token : 0;
}

void CriticalPaths::add(const Started& started) {
    if (std::holds_alternative<WorkflowIdentity>(*started.identity)) {
        workflows_[started.token] = {
            .tgid = started.tgid, .begin_ns = started.time_ns, .identity = started.identity};
        return;
    }
    const std::uint64_t token = workflow_around(started);
    if (token != 0) {
        nodes_[started.token] = token;
        ++workflows_[token].open_nodes;
    } else if (started.workflow_missing) {
        add_node_without_workflow(started.tgid, started.time_ns);
    }
}

void CriticalPaths::add(const Ended& ended) {
    if (std::holds_alternative<NodeIdentity>(*ended.identity)) return end_node(ended);
    const auto workflow = workflows_.find(ended.token);
    if (workflow != workflows_.end()) end_workflow(workflow, ended);
}

void CriticalPaths::add(const Unpaired& unpaired) { unpaired_ |= proves_gap(unpaired.reason); }

void CriticalPaths::end_workflow(Workflows::iterator workflow, const Ended& ended) {
    if (ended.status != Status::kSuccess || !ended.duration_known) return remove(workflow);
    workflow->second.end_ns = ended.end_ns;
    ended_.push_back(ended.token);
}

void CriticalPaths::end_node(const Ended& ended) {
    const auto node = nodes_.extract(ended.token);
    if (node.empty()) return;
    const auto workflow = workflows_.find(node.mapped());
    if (workflow == workflows_.end()) return;
    --workflow->second.open_nodes;
    if (ended.duration_known) {
        add_node(workflow->second, ended);
    } else {
        make_unknown(workflow->second, PathUnknownReason::kEndNotSeen);
    }
}

void CriticalPaths::add_node(Workflow& workflow, const Ended& node) {
    if (workflow.unknown) return;
    if (workflow.nodes.size() >= limits_.nodes || kept_ >= limits_.all_nodes)
        return make_unknown(workflow, PathUnknownReason::kTooManyNodes);
    workflow.nodes.push_back({node.token, node.begin_ns, node.end_ns, node.identity});
    ++kept_;
}

void CriticalPaths::make_unknown(Workflow& workflow, PathUnknownReason reason) {
    if (!workflow.unknown) workflow.unknown = reason;
    kept_ -= workflow.nodes.size();
    std::vector<CriticalStep>().swap(workflow.nodes);
}

void CriticalPaths::remove(Workflows::iterator workflow) {
    kept_ -= workflow->second.nodes.size();
    workflows_.erase(workflow);
}

// With too many processes, such a node in one counts for all.
void CriticalPaths::add_node_without_workflow(std::uint32_t tgid, std::uint64_t time_ns) {
    if (without_workflow_ns_.size() >= limits_.processes && !without_workflow_ns_.contains(tgid)) {
        for (const auto& [other, other_ns] : without_workflow_ns_)
            without_workflow_in_any_ns_ = std::max(without_workflow_in_any_ns_, other_ns);
        without_workflow_ns_.clear();
    }
    std::uint64_t& latest_ns = without_workflow_ns_[tgid];
    latest_ns = std::max(latest_ns, time_ns);
}

void CriticalPaths::update_losses(std::uint64_t events_lost, std::uint64_t now_ns) {
    if (events_lost != events_lost_ || unpaired_) lost_until_ns_ = now_ns;
    events_lost_ = events_lost;
    unpaired_ = false;
}

std::optional<PathUnknownReason> CriticalPaths::why_unknown(const Workflow& workflow) const {
    if (workflow.unknown) return workflow.unknown;
    if (workflow.begin_ns < lost_until_ns_) return PathUnknownReason::kEventsLost;
    const auto known = without_workflow_ns_.find(workflow.tgid);
    const std::uint64_t latest_ns =
        std::max(without_workflow_in_any_ns_, known == without_workflow_ns_.end() ? 0 : known->second);
    if (latest_ns != 0 && latest_ns >= workflow.begin_ns) return PathUnknownReason::kNodeUnattributed;
    return std::nullopt;
}

void CriticalPaths::decide(std::uint64_t events_lost, std::uint64_t now_ns, std::vector<Outcome>& outcomes) {
    update_losses(events_lost, now_ns);
    std::erase_if(ended_, [&](std::uint64_t token) {
        const auto found = workflows_.find(token);
        Workflow& workflow = found->second;
        if (workflow.open_nodes > 0 && workflow.end_ns + kPatienceNs > now_ns) return false;
        if (const auto reason = why_unknown(workflow)) {
            outcomes.emplace_back(PathUnknown{*reason});
        } else {
            CriticalPath path{token, workflow.tgid, workflow.begin_ns, workflow.end_ns, workflow.identity};
            kept_ -= workflow.nodes.size();
            walk_back(std::exchange(workflow.nodes, {}), path);
            outcomes.emplace_back(std::move(path));
        }
        remove(found);
        return true;
    });
}

}  // namespace flowtap
