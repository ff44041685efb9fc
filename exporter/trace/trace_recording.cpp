// SPDX-License-Identifier: Apache-2.0
#include "exporter/trace/trace_recording.h"

#include <algorithm>
#include <utility>

namespace flowtap {

void TraceRecording::record(std::span<const Outcome> outcomes) {
    for (const Outcome& outcome : outcomes) std::visit([this](const auto& what) { record(what); }, outcome);
}

void TraceRecording::record(const Started& started) {
    if (open_.size() + spans_.size() >= max_spans_) {
        ++left_out_;
        return;
    }
    TraceSpan span;
    span.token = started.token;
    span.workflow_token =
        started.workflow_token != 0 ? started.workflow_token : only_open_workflow(started.identity);
    span.tid = started.tid;
    span.coroutine = started.coroutine;
    span.begin_ns = started.time_ns;
    span.identity = started.identity;
    if (const auto* workflow = std::get_if<WorkflowIdentity>(&*started.identity))
        workflows_[workflow->workflow_id].insert(started.token);
    open_.emplace(started.token, std::move(span));
}

std::uint64_t TraceRecording::only_open_workflow(const Identity& identity) const {
    const auto* node = std::get_if<NodeIdentity>(&identity);
    if (node == nullptr) return 0;
    const auto open = workflows_.find(node->workflow_id);
    return open == workflows_.end() || open->second.size() != 1 ? 0 : *open->second.begin();
}

void TraceRecording::record(const Ended& ended) {
    auto open = open_.extract(ended.token);
    if (open.empty()) return;
    TraceSpan& span = open.mapped();
    if (const auto* workflow = std::get_if<WorkflowIdentity>(&span.identity)) {
        const auto others = workflows_.find(workflow->workflow_id);
        others->second.erase(span.token);
        if (others->second.empty()) workflows_.erase(others);
    }
    span.end_ns = std::max(ended.end_ns, span.begin_ns);
    span.status = ended.status;
    span.end_seen = ended.duration_known;
    span.error_type = ended.error_type;
    spans_.push_back(std::move(span));
}

// Each of its nodes was recorded before, if there was room.
void TraceRecording::record(const CriticalPath& path) {
    for (const CriticalStep& step : path.steps)
        if (on_critical_path_.size() < max_spans_) on_critical_path_.insert(step.token);
}

std::vector<TraceSpan> TraceRecording::finish(std::uint64_t now_ns) && {
    for (auto& [token, span] : open_) {
        span.end_ns = std::max(now_ns, span.begin_ns);
        spans_.push_back(std::move(span));
    }
    open_.clear();
    for (TraceSpan& span : spans_) span.on_critical_path = on_critical_path_.contains(span.token);
    return std::move(spans_);
}

}  // namespace flowtap
