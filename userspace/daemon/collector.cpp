// SPDX-License-Identifier: Apache-2.0
#include "daemon/collector.h"

#include <algorithm>
#include <optional>

#include "daemon/clock.h"
#include "plan/planner.h"
#include "process/process_facts.h"
#include "process/remote_memory.h"
#include "profile/same_meaning.h"

namespace flowtap {
namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

AttachFailure failure_of(const Error& error) {
    switch (error.kind) {
        case Error::Kind::kEnvironment:
            return AttachFailure::kPermission;
        case Error::Kind::kUsage:
            return AttachFailure::kNoSite;
        case Error::Kind::kNoTarget:
            return AttachFailure::kNoProfile;
        case Error::Kind::kFailed:
            return AttachFailure::kKernel;
    }
    return AttachFailure::kOther;
}

// A process in which no point can be seen, now or after an import, is no target: the first point says why.
std::optional<Error> nothing_to_observe(const Plan& plan) {
    const auto may_be_seen = [](const PlannedPoint& point) { return point.observed || point.pending; };
    if (plan.points.empty() || std::ranges::any_of(plan.points, may_be_seen)) return std::nullopt;
    return Error{"observe process", std::to_string(plan.pid), plan.points.front().why_not,
                 "see flowtap plan --pid " + std::to_string(plan.pid), Error::Kind::kNoTarget};
}

bool same_point(const PlannedPoint& left, const PlannedPoint& right) {
    return left.profile == right.profile && same_meaning(left.point, right.point);
}

EndEvent end_event_of(const BpfObject::OpenEntry& entry) {
    EndEvent event = {};
    event.header.time_ns = entry.value.end_ns;
    event.header.key = entry.key.key;
    event.header.tgid = entry.key.tgid;
    event.header.tid = entry.value.tid;
    event.header.point = entry.value.point;
    event.header.kind = FT_EVENT_END;
    event.header.key_kind = entry.value.key_kind;
    event.header.status = entry.value.status;
    event.running_ns = entry.value.running_ns;
    event.error_type = entry.value.error_type;
    return event;
}

}  // namespace

Result<std::unique_ptr<Collector>> Collector::make(const BpfObject::Options& options,
                                                   std::vector<Profile> profiles, Metrics& metrics,
                                                   const PlanSettings& settings) {
    std::unique_ptr<Collector> collector(new Collector(std::move(profiles), metrics, settings));
    Result<BpfObject> bpf = BpfObject::load(
        options, [raw = collector.get()](std::span<const std::byte> record) { raw->receive(record); });
    if (!bpf) return bpf.error();
    collector->bpf_ = std::make_unique<BpfObject>(std::move(*bpf));
    collector->attacher_ = std::make_unique<Attacher>(*collector->bpf_);
    collector->publish_statistics();
    return collector;
}

Collector::~Collector() = default;

Result<Plan> Collector::plan(pid_t pid, std::string& command) const {
    Result<ProcessFacts> facts = read_process_facts(pid);
    if (!facts) return facts.error();
    command = joined(facts->command_line);
    Result<RemoteMemory> memory = RemoteMemory::open(pid);
    if (!memory) return memory.error();
    return plan_process(*facts, *memory, profiles_, settings_);
}

void Collector::describe_points(const Plan& plan) {
    for (const PlannedPoint& planned : plan.points) {
        PointInfo info;
        info.kind =
            planned.point.kind == PointKind::kWorkflow ? ExecutionKind::kWorkflow : ExecutionKind::kNode;
        info.python = planned.point.symbol.empty();
        info.name = info.python ? planned.point.function.qualname : planned.point.symbol;
        tracker_.add_point(attacher_->point_number(planned), std::move(info));
    }
}

Result<void> Collector::add_target(pid_t pid) {
    Target target;
    Result<Plan> plan = this->plan(pid, target.command);
    if (!plan) {
        ++stats_.attach_failures[failure_of(plan.error())];
        return plan.error();
    }
    if (std::optional<Error> nothing = nothing_to_observe(*plan)) {
        ++stats_.attach_failures[AttachFailure::kNoSite];
        return *nothing;
    }
    describe_points(*plan);
    Result<Attachment> attachment = attacher_->attach(*plan);
    if (!attachment) {
        ++stats_.attach_failures[failure_of(attachment.error())];
        return attachment.error();
    }
    target.plan = std::move(*plan);
    target.attachment.emplace(std::move(*attachment));
    if (Result<RemoteMemory> memory = RemoteMemory::open(pid)) target.memory.emplace(std::move(*memory));
    targets_.erase(static_cast<std::uint32_t>(pid));
    targets_.emplace(static_cast<std::uint32_t>(pid), std::move(target));
    publish_reports();
    return {};
}

bool Collector::outdated(pid_t pid) const {
    const auto found = targets_.find(static_cast<std::uint32_t>(pid));
    if (found == targets_.end()) return false;
    std::string command;
    const Result<Plan> newer = plan(pid, command);
    return !newer || !std::ranges::equal(newer->points, found->second.plan.points, same_point);
}

void Collector::release(pid_t pid) {
    if (targets_.erase(static_cast<std::uint32_t>(pid)) == 0) return;
    leaving_.push_back(pid);
    forget(pid);
    publish_reports();
}

void Collector::forget(pid_t pid) {
    drain();
    tracker_.forget_process(static_cast<std::uint32_t>(pid), monotonic_ns(), outcomes_);
    fold();
}

std::vector<pid_t> Collector::released() {
    const auto out =
        std::ranges::partition(leaving_, [this](pid_t pid) { return attacher_->detaching(pid); });
    std::vector<pid_t> pids(out.begin(), out.end());
    leaving_.erase(out.begin(), out.end());
    // A probe that was running when it was taken out may have begun an execution meanwhile.
    for (pid_t pid : pids) forget(pid);
    return pids;
}

void Collector::note_reload(bool successful, double now_s) {
    stats_.config_last_reload_successful = successful;
    if (successful) stats_.config_last_reload_success_s = now_s;
}

void Collector::detach_all() {
    for (auto& [tgid, target] : targets_) target.attachment.reset();
}

bool Collector::attached(pid_t pid) const {
    const auto found = targets_.find(static_cast<std::uint32_t>(pid));
    return found != targets_.end() && found->second.attachment.has_value();
}

std::vector<pid_t> Collector::attached_pids() const {
    std::vector<pid_t> pids;
    for (const auto& [tgid, target] : targets_)
        if (target.attachment) pids.push_back(target.plan.pid);
    return pids;
}

void Collector::receive(std::span<const std::byte> record) {
    const Event event = decode_event(record);
    if (std::holds_alternative<Malformed>(event)) {
        ++stats_.events_lost[LostReason::kMalformed];
        return;
    }
    ++stats_.events_received;
    apply(event);
}

void Collector::apply(const Event& event) {
    const auto* process = std::get_if<ProcessExitEvent>(&event);
    const auto* exec = std::get_if<ExecEvent>(&event);
    // What ended before the exit must not be aborted by it.
    if (process != nullptr || exec != nullptr || std::holds_alternative<ThreadExitEvent>(event))
        collect_deferred_ends();
    tracker_.apply(event, outcomes_);
    if (process != nullptr) ended_targets_.push_back(process->header.tgid);
    if (exec != nullptr) ended_targets_.push_back(exec->header.tgid);
}

void Collector::drain() {
    bpf_->drain();
    fold();
    for (std::uint32_t tgid : ended_targets_) retire(tgid);
    ended_targets_.clear();
}

void Collector::fold() {
    if (outcomes_.empty()) return;
    metrics_.fold(outcomes_);
    if (observer_) observer_(outcomes_);
    // An execution that died with its thread has nobody to remove it from the kernel's table.
    for (const Outcome& outcome : outcomes_) {
        const auto* ended = std::get_if<Ended>(&outcome);
        if (ended != nullptr && ended->status == Status::kAborted && ended->duration_known)
            bpf_->erase_open({ended->key, ended->tgid, 0}, ended->begin_ns);
    }
    outcomes_.clear();
}

void Collector::retire(std::uint32_t tgid) {
    const auto found = targets_.find(tgid);
    if (found == targets_.end()) return;
    found->second.attachment.reset();
    found->second.memory.reset();
    found->second.state = TargetState::kGone;
    publish_reports();
}

void Collector::collect_deferred_ends() {
    const std::uint64_t deferred = bpf_->deferred_ends();
    if (deferred == deferred_seen_) return;
    deferred_seen_ = deferred;
    const auto ended = [](const BpfObject::OpenEntry& entry) { return entry.value.state == FT_OPEN_ENDED; };
    for (const BpfObject::OpenEntry& entry : bpf_->open_entries(ended)) {
        tracker_.apply(end_event_of(entry), outcomes_);
        ++stats_.events_received;
        bpf_->erase_open(entry.key, entry.value.begin_ns);
    }
}

// A process-exit event can be lost like any other; the process table cannot.
void Collector::retire_vanished(std::uint64_t now_ns) {
    for (const auto& [tgid, target] : targets_) {
        if (!target.attachment || start_ticks_of(target.plan.pid) == target.plan.start_ticks) continue;
        tracker_.end_process(tgid, now_ns, outcomes_);
        ended_targets_.push_back(tgid);
    }
}

// Modules imported and classes defined since the last look.
void Collector::extend_targets() {
    for (auto& [tgid, target] : targets_) {
        if (!target.attachment || !target.plan.python || !target.memory) continue;
        if (!target.imports.due(target.plan, *target.memory, monotonic_ns())) continue;
        std::string command;
        Result<Plan> newer = plan(target.plan.pid, command);
        if (!newer || newer->start_ticks != target.plan.start_ticks) continue;
        if (newer->codes.size() == target.plan.codes.size() &&
            newer->probes.size() == target.plan.probes.size())
            continue;
        describe_points(*newer);
        if (attacher_->extend(*target.attachment, *newer)) target.plan = std::move(*newer);
        publish_reports();
    }
}

void Collector::look_after_targets() {
    collect_deferred_ends();
    retire_vanished(monotonic_ns());
    drain();
    extend_targets();
}

ProbeStats Collector::probe_stats(std::uint32_t number) const {
    const Registry& probes = attacher_->probes();
    const ft_counters counters = bpf_->counters(number);
    ProbeStats stats;
    stats.probe = number >= probes.first() ? probes.texts()[number - probes.first()] : "process:exit";
    stats.hits = counters.hits;
    stats.events = counters.events;
    stats.lost[LostReason::kRingBufferFull] = counters.lost_ring_full;
    stats.lost[LostReason::kOpenMapFull] = counters.lost_open_full;
    stats.lost[LostReason::kEndOverwritten] = counters.lost_overwritten;
    stats.ids_unreadable = counters.unreadable;
    stats.hits_unattributed = counters.no_thread_state;
    return stats;
}

void Collector::publish_statistics() {
    const Registry& probes = attacher_->probes();
    stats_.probes.clear();
    Tally<LostReason> lost;
    lost[LostReason::kMalformed] = stats_.events_lost[LostReason::kMalformed];
    for (std::uint32_t i = 0; i < probes.first() + probes.texts().size(); i++) {
        stats_.probes.push_back(probe_stats(i));
        lost += stats_.probes.back().lost;
    }
    stats_.events_lost = lost;
    stats_.targets = {};
    for (const auto& [tgid, target] : targets_) ++stats_.targets[target.state];
    metrics_.update(stats_);
}

void Collector::publish_reports() {
    std::vector<TargetReport> reports;
    for (const auto& [tgid, target] : targets_) reports.push_back(report_of(target));
    const std::lock_guard lock(reports_mutex_);
    reports_ = std::move(reports);
}

std::vector<TargetReport> Collector::reports() const {
    const std::lock_guard lock(reports_mutex_);
    return reports_;
}

}  // namespace flowtap
