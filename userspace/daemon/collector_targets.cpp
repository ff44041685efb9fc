// SPDX-License-Identifier: Apache-2.0
// Which processes the collector is attached to.
#include <algorithm>
#include <filesystem>
#include <set>

#include "base/clock.h"
#include "daemon/collector.h"
#include "plan/python/python_plan.h"
#include "plan/under_way.h"
#include "process/process_facts.h"
#include "profile/same_meaning.h"
#include "targets/attach_failure.h"
#include "targets/plan_changes.h"

namespace flowtap {
namespace {

constexpr std::size_t kMostGone = 50;                      // on the status page
constexpr std::uint64_t kRollCallPeriod = 30'000'000'000;  // ns

constexpr std::size_t kMostRefused = 100;  // on the status page

Error too_many_targets(pid_t pid) {
    return {"attach to process", std::to_string(pid),
            std::to_string(FT_MAX_TARGETS) + " processes are attached to, the most there can be",
            "select fewer with --match or --pid"};
}

std::string executable_of(pid_t pid) {
    std::error_code error;
    const auto link = std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", error);
    return error ? "" : link.filename().string();
}

bool same_point(const PlannedPoint& left, const PlannedPoint& right) {
    return left.profile == right.profile && same_meaning(left.point, right.point);
}

// "success" of result['success'], "state" of `local state`, "result" of what is returned itself.
std::optional<JudgedValue> judged_value(const Point& point) {
    if (!point.outcome || point.outcome->by_exception) return std::nullopt;
    const OutcomeRule& rule = *point.outcome;
    std::string name = rule.local.empty() ? "result" : rule.local;
    for (const PathStep& step : rule.steps)
        if (step.kind != PathStep::Kind::kIndex) name = step.name;
    return JudgedValue{rule.value, rule.differs, std::move(name)};
}

std::map<std::string, Status> statuses_of(const Point& point) {
    std::map<std::string, Status> statuses;
    for (const auto& [type, status] : point.statuses) {
        statuses.emplace(type, status == ErrorStatus::kSuccess  ? Status::kSuccess
                               : status == ErrorStatus::kFailed ? Status::kFailed
                                                                : Status::kCancelled);
    }
    return statuses;
}

bool sees_workflows(const Plan& plan, const std::string& profile) {
    return std::ranges::any_of(plan.points, [&](const PlannedPoint& planned) {
        return planned.profile == profile && planned.point.kind == PointKind::kWorkflow;
    });
}

}  // namespace

void Collector::describe_points(const Plan& plan) {
    for (const PlannedPoint& planned : plan.points) {
        PointInfo info;
        info.kind =
            planned.point.kind == PointKind::kWorkflow ? ExecutionKind::kWorkflow : ExecutionKind::kNode;
        info.python = planned.point.symbol.empty();
        info.in_workflows = sees_workflows(plan, planned.profile);
        info.name = info.python ? planned.point.function.qualname : planned.point.symbol;
        info.workflow_names = planned.workflow_names;
        info.node_names = planned.node_names;
        info.judged = judged_value(planned.point);
        info.statuses = statuses_of(planned.point);
        const std::uint32_t number = *attacher_->point_number(planned);
        tracker_.add_point(number, std::move(info));
        point_names_[number] = name_of(planned);
        stats_of_points_[number] = &stats_of(planned.profile, planned.point.name);
    }
}

Result<void> Collector::add_target(pid_t pid) { return attach(planner_.plan(pid, reductions_of(pid))); }

Result<void> Collector::add_copy(pid_t pid, pid_t of) {
    const auto found = targets_.find(static_cast<std::uint32_t>(of));
    const Error no_plan{"copy plan of process", std::to_string(of), "it is no target any more, or imports"};
    if (found == targets_.end() || reductions_of(of).any()) return fail(AttachFailure::kOther, no_plan);
    const Target& original = found->second;
    Result<PlannedTarget> copy = planner_.plan_copy(pid, original.plan);
    if (copy) copy->files = original.files;
    if (copy && original.plan.modules) {
        const auto count = original.plan.modules->read(copy->memory);
        if (!count || !original.imports.has_seen(*count) || !original.plan.signs.unchanged(copy->memory))
            return fail(AttachFailure::kOther, no_plan);
    }
    return attach(std::move(copy));
}

void Collector::leave_copy_alone(pid_t pid, pid_t of) {
    const auto original = targets_.find(static_cast<std::uint32_t>(of));
    if (original != targets_.end()) attacher_->restore_copy(pid, original->second.plan);
}

// An exec between the plan and the attach is seen by the memory that was planned from: it is gone.
Result<void> Collector::attach(Result<PlannedTarget> planned) {
    if (!planned) return fail(plan_failure(planned.error(), planner_.exceeded()), planned.error());
    const pid_t pid = planned->plan.pid;
    const auto tgid = static_cast<std::uint32_t>(pid);
    retire(tgid);
    if (targets_.size() >= FT_MAX_TARGETS) return fail(AttachFailure::kLimit, too_many_targets(pid));
    describe_points(planned->plan);
    Result<Attachment> attachment = attacher_->attach(planned->plan, planned->memory);
    if (!attachment) return fail(attach_failure(attachment.error()), attachment.error());
    if (const auto& refused = attachment->refused_watches())
        leave_unwatched(planned->plan, refused->message());
    ToldByTarget told = names_.told_by(pid);
    names_.correct(told.labels, told.pod_uid);
    metrics_.set_target(tgid, told.labels);
    forget_refusal(pid);
    Target target;
    target.cpu_ns = planned->cpu_ns;
    target.plan = std::move(planned->plan);
    target.told = std::move(told);
    target.observed_subinterpreters = observed_subinterpreters(target.plan);
    target.planned_ns = planned->planned_ns;
    target.attachment.emplace(std::move(*attachment));
    target.memory.emplace(std::move(planned->memory));
    note_probe_byte(target);
    target.claims.take(target.plan, *target.memory);
    target.files = std::move(planned->files);
    target.reduced = planned->reduced;
    expect_overhead(target.plan);
    const auto placed = targets_.emplace(tgid, std::move(target)).first;
    note_under_way(placed->second, [](const PlannedCode&) { return true; });
    reports_outdated_ = true;
    return {};
}

bool Collector::outdated(pid_t pid) {
    const auto found = targets_.find(static_cast<std::uint32_t>(pid));
    if (found == targets_.end()) return false;
    const Result<PlannedTarget> newer = planner_.plan(pid, reductions_of(pid));
    return !newer || !std::ranges::equal(newer->plan.points, found->second.plan.points, same_point);
}

void Collector::release(pid_t pid) {
    if (targets_.erase(static_cast<std::uint32_t>(pid)) == 0) return;
    leaving_.push_back(pid);
    const auto overhead = overheads_.find(static_cast<std::uint32_t>(pid));
    if (overhead != overheads_.end()) overhead->second.detached();
    forget(pid);
    reports_outdated_ = true;
}

void Collector::forget(pid_t pid) {
    const auto tgid = static_cast<std::uint32_t>(pid);
    drain();
    enter(late_ends_.take_process(tgid, monotonic_ns()));
    tracker_.forget_process(tgid, monotonic_ns(), outcomes_);
    fold();
}

bool Collector::leaving(pid_t pid) const { return std::ranges::find(leaving_, pid) != leaving_.end(); }

std::vector<pid_t> Collector::released() {
    const auto out = std::partition(leaving_.begin(), leaving_.end(),
                                    [this](pid_t pid) { return attacher_->detaching(pid); });
    std::vector<pid_t> pids(out, leaving_.end());
    leaving_.erase(out, leaving_.end());
    // A probe that was running when it was taken out may have begun an execution meanwhile.
    for (pid_t pid : pids) forget(pid);
    return pids;
}

Error Collector::fail(AttachFailure reason, const Error& error) {
    last_failure_ = reason;
    return error;
}

void Collector::note_refusal(pid_t pid, AttachFailure reason, const Error& error) {
    if (has_ended(pid)) return count_failure(AttachFailure::kProcessGone);
    const std::string executable = executable_of(pid);
    const std::string message = error.message();
    const auto [count, say] = refusals_.note(pid, {executable, reason, message});
    if (count) ++stats_.attach_failures[reason];
    if (say)
        news_.push_back("process " + std::to_string(pid) + " (" + executable + "): not attached: " + message);
    reports_outdated_ = reports_outdated_ || count;
}

void Collector::forget_refusal(pid_t pid) {
    if (refusals_.forget(pid)) reports_outdated_ = true;
}

void Collector::detach_all() {
    for (auto& [tgid, target] : targets_) target.attachment.reset();
}

bool Collector::attached(pid_t pid) const { return targets_.contains(static_cast<std::uint32_t>(pid)); }

bool Collector::planned_since(pid_t pid, std::uint64_t time_ns) const {
    const auto found = targets_.find(static_cast<std::uint32_t>(pid));
    return found != targets_.end() && found->second.planned_ns > time_ns;
}

std::vector<pid_t> Collector::attached_pids() const {
    std::vector<pid_t> pids;
    for (const auto& [tgid, target] : targets_) pids.push_back(target.plan.pid);
    return pids;
}

// What is told late may be of a process that had the number, or of a program that ran in it, before.
bool Collector::ran_before(std::uint32_t tgid, std::uint64_t time_ns) const {
    const auto found = targets_.find(tgid);
    return found != targets_.end() && found->second.planned_ns < time_ns;
}

void Collector::end_target(std::uint32_t tgid, std::uint64_t time_ns) {
    if (ran_before(tgid, time_ns)) ended_targets_.push_back({tgid, time_ns});
}

void Collector::retire(std::uint32_t tgid) {
    own_stacks_.forget_process(tgid);
    const auto found = targets_.find(tgid);
    if (found == targets_.end()) return;
    gone_.push_back(report_of(found->second));
    gone_.back().state = TargetState::kGone;
    if (gone_.size() > kMostGone) gone_.pop_front();
    ++stats_.targets[TargetState::kGone];
    targets_.erase(found);
    metrics_.forget_target(tgid);
    reports_outdated_ = true;
}

// A process-exit event can be lost like any other; the process table cannot. That it was lost is counted too,
// so that looking at every target is needed seldom.
void Collector::forget_gone_refusals() {
    std::vector<pid_t> gone;
    for (const auto& [pid, refusal] : refusals_.all())
        if (has_ended(pid)) gone.push_back(pid);
    for (const pid_t pid : gone) forget_refusal(pid);
}

std::vector<Collector::Vanished> Collector::vanished_targets(std::uint64_t now_ns) {
    std::vector<Vanished> vanished;
    const std::uint64_t lost = bpf_->counters(BpfObject::kLifecycleProbe).lost_ring_full;
    if (lost == lifecycle_lost_ && now_ns < next_roll_call_ns_) return vanished;
    lifecycle_lost_ = lost;
    next_roll_call_ns_ = now_ns + kRollCallPeriod;
    forget_gone_refusals();
    for (const auto& [tgid, target] : targets_) {
        if (has_ended(target.plan.pid, target.plan.start_ticks))
            vanished.push_back({tgid, target.plan.start_ticks});
    }
    return vanished;
}

void Collector::end_vanished(const Vanished& vanished) {
    const auto found = targets_.find(vanished.tgid);
    if (found == targets_.end() || found->second.plan.start_ticks != vanished.start_ticks) return;
    const std::uint64_t now_ns = monotonic_ns();
    enter(late_ends_.take_process(vanished.tgid, now_ns));
    tracker_.end_process(vanished.tgid, now_ns, outcomes_);
    fold();
    retire(vanished.tgid);
}

void Collector::count_code_pages() {
    const std::uint64_t now_ns = monotonic_ns();
    CodePages pages = bpf_->code_pages();
    if (pages.empty()) return;  // could not be read: at least this process has some
    code_pages_ = std::move(pages);
    code_pages_ns_ = now_ns;
}

std::uint32_t Collector::code_pages(pid_t pid) const {
    const auto found = code_pages_.find(pid);
    return found == code_pages_.end() ? 0 : found->second;
}

// What is found on a stack after the probes were placed and began after that, has told so by now.
void Collector::note_under_way(const Target& target, const std::function<bool(const PlannedCode&)>& wanted) {
    const auto tgid = static_cast<std::uint32_t>(target.plan.pid);
    const std::vector<UnderWay> found = executions_under_way(target.plan, *target.memory, wanted);
    if (found.empty()) return;
    read_events();
    std::set<std::uint64_t> begun;
    for (const Outcome& outcome : outcomes_) {
        const auto* started = std::get_if<Started>(&outcome);
        if (started != nullptr && started->tgid == tgid) begun.insert(started->key);
    }
    for (const UnderWay& execution : found) {
        if (begun.contains(execution.key)) continue;
        InFlightEvent event = {};
        event.header.key = execution.key;
        event.header.key_kind = static_cast<std::uint8_t>(execution.key_kind);
        event.header.tgid = tgid;
        event.header.kind = FT_EVENT_IN_FLIGHT;
        tracker_.apply(event, outcomes_);
    }
    fold();
}

void Collector::publish_reports() {
    if (!std::exchange(reports_outdated_, false)) return;
    std::vector<TargetReport> reports(gone_.begin(), gone_.end());
    for (const auto& [pid, refusal] : refusals_.all()) {
        if (reports.size() >= gone_.size() + kMostRefused) break;
        reports.push_back({.pid = pid,
                           .executable = refusal.executable,
                           .state = TargetState::kFailed,
                           .unobserved = {refusal.message}});
    }
    for (const auto& [tgid, target] : targets_) reports.push_back(report_of(target));
    const std::lock_guard lock(reports_mutex_);
    reports_ = std::move(reports);
}

TargetReport Collector::report(pid_t pid) const {
    const auto found = targets_.find(static_cast<std::uint32_t>(pid));
    return found == targets_.end() ? TargetReport{} : report_of(found->second);
}

std::vector<TargetReport> Collector::reports() const {
    const std::lock_guard lock(reports_mutex_);
    return reports_;
}

}  // namespace flowtap
