// SPDX-License-Identifier: Apache-2.0
#include "daemon/target_registry.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/clock.h"
#include "plan/python/python_plan.h"
#include "plan/under_way.h"
#include "process/process_facts.h"
#include "process/whereabouts.h"
#include "profile/same_meaning.h"
#include "targets/attach_failure.h"
#include "targets/plan_changes.h"

namespace flowtap {
namespace {

// Rows of the status page.
constexpr std::size_t kMostGone = 50;
constexpr std::size_t kMostRefused = 100;

constexpr std::uint64_t kLivenessPeriod = 30'000'000'000;  // ns

std::string executable_of(pid_t pid) {
    std::error_code error;
    const auto link = std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", error);
    return error ? "" : link.filename().string();
}

bool same_point(const PlannedPoint& left, const PlannedPoint& right) {
    return left.profile == right.profile && same_meaning(left.point, right.point);
}

bool plans_same(const Plan& left, const Plan& right) {
    return left.wishes == right.wishes && std::ranges::equal(left.points, right.points, same_point);
}

// "success" of result['success'], "state" of `local state`, "result" of the returned value itself.
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

TargetRegistry::TargetRegistry(const Parts& parts, TargetPlanner& planner)
    : parts_(parts), planner_(planner), names_(node_name()) {}

void TargetRegistry::rename_targets() {
    for (Target& target : parts_.processes.targets()) {
        if (names_.correct(target.origin.labels, target.origin.pod_uid))
            parts_.metrics.set_target(static_cast<std::uint32_t>(target.plan.pid), target.origin.labels);
    }
}

void TargetRegistry::describe_points(const Plan& plan) {
    for (const PlannedPoint& planned : plan.points) {
        PointInfo info;
        info.kind =
            planned.point.kind == PointKind::kWorkflow ? ExecutionKind::kWorkflow : ExecutionKind::kNode;
        info.python = planned.point.symbol.empty();
        info.in_workflows = sees_workflows(plan, planned.profile);
        info.name = info.python ? planned.point.function.qualname : planned.point.symbol;
        info.workflow_names = planned.workflow_names;
        info.node_names = planned.node_names;
        info.made_up_names = planned.made_up_names;
        info.judged = judged_value(planned.point);
        if (planned.point.failed_by) info.failed_by = planned.point.failed_by->qualname;
        info.statuses = statuses_of(planned.point);
        info.ids_at_end = planned.point.ids_at_end;
        const std::uint32_t number = *parts_.attacher.point_number(planned);
        parts_.pump.add_point(number, std::move(info));
        parts_.statistics.number_point(number, planned);
    }
}

Result<void> TargetRegistry::add(pid_t pid) {
    return attach(planner_.plan(pid, parts_.overhead.reductions_of(pid)));
}

Result<void> TargetRegistry::add_copy(pid_t pid, pid_t parent) {
    const Target* original = parts_.processes.target(parent);
    const Error no_plan;  // which nobody reads: the process gets a plan of its own
    if (original == nullptr || parts_.overhead.reductions_of(parent).any())
        return fail(AttachFailure::kOther, no_plan);
    Result<PlannedTarget> copy = planner_.plan_copy(pid, original->plan);
    if (copy) copy->files = original->files;
    if (copy && original->plan.modules) {
        const auto count = original->plan.modules->read(copy->memory);
        if (!count || !original->imports.has_seen(*count) || !original->plan.signs.unchanged(copy->memory))
            return fail(AttachFailure::kOther, no_plan);
    }
    return attach(std::move(copy));
}

// If the target is gone too, its profiles are unknown.
void TargetRegistry::count_copy_gone(pid_t parent) {
    count_failure(AttachFailure::kCopyGone);
    const Target* original = parts_.processes.target(parent);
    if (original == nullptr) return;
    for (const std::string& profile : profiles_of(original->plan))
        ++parts_.statistics.copies_of(profile).never_observed;
}

void TargetRegistry::count_late_copy(pid_t pid, std::uint64_t gap_ns) {
    const Target* target = parts_.processes.target(pid);
    if (target == nullptr) return;
    for (const std::string& profile : profiles_of(target->plan)) {
        CopyStats& copies = parts_.statistics.copies_of(profile);
        ++copies.observed_late;
        copies.unobserved_ns += gap_ns;
    }
}

void TargetRegistry::restore_copy(pid_t pid, pid_t parent) {
    const Target* original = parts_.processes.target(parent);
    if (original != nullptr) parts_.attacher.restore_copy(pid, original->plan);
}

// An exec between the plan and the attach replaces the memory from which the plan was made. Then the attach
// fails.
Result<void> TargetRegistry::attach(Result<PlannedTarget> planned) {
    if (!planned) return fail(plan_failure(planned.error(), planner_.exceeded()), planned.error());
    const pid_t pid = planned->plan.pid;
    retire(pid);
    describe_points(planned->plan);
    Result<Attachment> attachment = parts_.attacher.attach(planned->plan, planned->memory);
    if (!attachment) return fail(attach_failure(attachment.error()), attachment.error());
    if (const auto& refused = attachment->refused_watches())
        leave_unwatched(planned->plan, refused->message());
    keep(std::move(*planned), std::move(*attachment));
    return {};
}

void TargetRegistry::keep(PlannedTarget planned, Attachment attachment) {
    const pid_t pid = planned.plan.pid;
    Target target;
    target.origin = names_.origin_of(pid);
    names_.correct(target.origin.labels, target.origin.pod_uid);
    parts_.metrics.set_target(static_cast<std::uint32_t>(pid), target.origin.labels);
    target.cpu_ns = planned.cpu_ns;
    target.plan = std::move(planned.plan);
    target.observed_subinterpreters = observed_subinterpreters(target.plan);
    target.planned_ns = planned.planned_ns;
    target.attachment.emplace(std::move(attachment));
    target.memory.emplace(std::move(planned.memory));
    note_probe_byte(target);
    target.claims.set_plan(target.plan, *target.memory);
    target.files = std::move(planned.files);
    target.reduced = planned.reduced;
    parts_.overhead.attached(target.plan);
    WatchedProcess& process = parts_.processes.entry(pid);
    process.apply(ProcessEvent::kAttached);
    process.target.emplace(std::move(target));
    note_under_way(*process.target, [](const PlannedCode&) { return true; });
    reports_outdated_ = true;
}

bool TargetRegistry::is_outdated(pid_t pid) {
    const Target* target = parts_.processes.target(pid);
    if (target == nullptr) return false;
    const Result<PlannedTarget> newer = planner_.plan(pid, parts_.overhead.reductions_of(pid));
    return !newer || !plans_same(newer->plan, target->plan);
}

void TargetRegistry::release(pid_t pid, bool attach_again) {
    if (parts_.processes.target(pid) == nullptr) return;
    parts_.overhead.detached(pid);
    parts_.processes.apply(pid, ProcessEvent::kReleased);
    parts_.processes.entry(pid).attach_again = attach_again;
    forget_executions(pid);
    reports_outdated_ = true;
}

void TargetRegistry::forget_executions(pid_t pid) {
    drain();
    parts_.pump.forget_process(static_cast<std::uint32_t>(pid), monotonic_ns());
}

bool TargetRegistry::note_detached() {
    bool again = false;
    const auto is_free = [this](const WatchedProcess& one) {
        return one.state() == ProcessState::kDetaching && !parts_.attacher.detaching(one.pid());
    };
    for (const pid_t pid : parts_.processes.pids(is_free)) {
        // A probe that was running during its removal may have begun an execution after the last drain.
        forget_executions(pid);
        parts_.processes.apply(pid, ProcessEvent::kDetached);
        if (parts_.processes.entry(pid).attach_again) {
            again = true;
        } else {
            parts_.processes.apply(pid, ProcessEvent::kForgotten);
        }
    }
    return again;
}

Error TargetRegistry::fail(AttachFailure reason, const Error& error) {
    last_failure_ = reason;
    return error;
}

void TargetRegistry::note_refusal(pid_t pid, AttachFailure reason, const Error& error) {
    if (has_ended(pid)) return count_failure(AttachFailure::kProcessGone);
    Refusal refusal{executable_of(pid), reason, error.message()};
    if (logged_refusals_.add(refusal)) {
        log("process " + std::to_string(pid) + " (" + refusal.executable +
            "): not attached: " + refusal.message);
    }
    WatchedProcess& process = parts_.processes.entry(pid);
    if (process.state() != ProcessState::kWaiting) process.apply(ProcessEvent::kRefused);
    if (!process.refusal || process.refusal->reason != reason) {
        count_failure(reason);
        reports_outdated_ = true;
    }
    process.refusal = std::move(refusal);
}

void TargetRegistry::apply_and_report(pid_t pid, ProcessEvent event) {
    const WatchedProcess* process = parts_.processes.find(pid);
    if (process == nullptr) return;
    if (process->refusal) reports_outdated_ = true;
    parts_.processes.apply(pid, event);
}

void TargetRegistry::detach_all() {
    for (Target& target : parts_.processes.targets()) target.attachment.reset();
}

bool TargetRegistry::planned_since(pid_t pid, std::uint64_t time_ns) const {
    const Target* target = parts_.processes.target(pid);
    return target != nullptr && target->planned_ns > time_ns;
}

// A late event may be about the PID's previous process, or about the previous program of this process.
bool TargetRegistry::ran_before(pid_t pid, std::uint64_t time_ns) const {
    const Target* target = parts_.processes.target(pid);
    return target != nullptr && target->planned_ns < time_ns;
}

void TargetRegistry::note_end(std::uint32_t tgid, std::uint64_t time_ns) {
    const auto pid = static_cast<pid_t>(tgid);
    if (!ran_before(pid, time_ns)) return;
    parts_.processes.apply(pid, ProcessEvent::kEnded);
    ending_.push_back(pid);
}

void TargetRegistry::drain() {
    parts_.pump.drain();
    for (const pid_t pid : std::exchange(ending_, {}))
        if (parts_.processes.state_of(pid) == ProcessState::kEnding) retire(pid);
}

void TargetRegistry::retire(pid_t pid) {
    const auto tgid = static_cast<std::uint32_t>(pid);
    parts_.pump.forget_stacks(tgid);
    const Target* target = parts_.processes.target(pid);
    if (target == nullptr) return;
    gone_.push_back(report_of(*target));
    gone_.back().state = TargetState::kGone;
    if (gone_.size() > kMostGone) gone_.pop_front();
    ++counts().targets[TargetState::kGone];
    parts_.processes.apply(pid, ProcessEvent::kRetired);
    parts_.metrics.forget_target(tgid);
    reports_outdated_ = true;
}

void TargetRegistry::forget_ended_refusals() {
    const auto is_over = [](const WatchedProcess& one) {
        return one.refusal.has_value() && has_ended(one.pid());
    };
    for (const pid_t pid : parts_.processes.pids(is_over)) forget(pid);
}

std::vector<TargetRegistry::Vanished> TargetRegistry::find_vanished(std::uint64_t now_ns) {
    std::vector<Vanished> vanished;
    const std::uint64_t lost = parts_.pump.kernel().counters(BpfObject::kLifecycleProbe).lost_ring_full;
    if (lost == lifecycle_lost_ && now_ns < next_liveness_check_ns_) return vanished;
    lifecycle_lost_ = lost;
    next_liveness_check_ns_ = now_ns + kLivenessPeriod;
    forget_ended_refusals();
    for (const Target& target : parts_.processes.targets()) {
        if (has_ended(target.plan.pid, target.plan.start_ticks))
            vanished.push_back({target.plan.pid, target.plan.start_ticks});
    }
    return vanished;
}

void TargetRegistry::end_vanished(const std::vector<Vanished>& vanished) {
    for (const auto& [pid, start_ticks] : vanished) {
        const Target* target = parts_.processes.target(pid);
        if (target == nullptr || target->plan.start_ticks != start_ticks) continue;
        parts_.pump.end_process(static_cast<std::uint32_t>(pid), monotonic_ns());
        retire(pid);
    }
}

void TargetRegistry::count_code_pages() {
    const std::uint64_t now_ns = monotonic_ns();
    CodePages pages = parts_.pump.kernel().code_pages();
    if (pages.empty()) return;  // reading failed: flowtap itself has executable pages
    code_pages_ = std::move(pages);
    code_pages_ns_ = now_ns;
}

std::uint32_t TargetRegistry::code_pages(pid_t pid) const {
    const auto found = code_pages_.find(pid);
    return found == code_pages_.end() ? 0 : found->second;
}

void TargetRegistry::note_under_way(const Target& target,
                                    const std::function<bool(const PlannedCode&)>& wanted) {
    parts_.pump.note_in_flight(static_cast<std::uint32_t>(target.plan.pid),
                               executions_under_way(target.plan, *target.memory, wanted));
}

void TargetRegistry::count_started(const Started& started) {
    parts_.statistics.count_started(started);
    Target* target = parts_.processes.target(static_cast<pid_t>(started.tgid));
    if (target == nullptr || ++target->executions[started.point] > 1) return;
    target->seen_points[parts_.statistics.point_name(started.point)] = started.point;
    reports_outdated_ = true;
}

void TargetRegistry::publish_reports() {
    if (!std::exchange(reports_outdated_, false)) return;
    std::vector<TargetReport> reports(gone_.begin(), gone_.end());
    for (const WatchedProcess& process : parts_.processes.all()) {
        if (!process.refusal) continue;
        if (reports.size() >= gone_.size() + kMostRefused) break;
        reports.push_back({.pid = process.pid(),
                           .executable = process.refusal->executable,
                           .state = TargetState::kFailed,
                           .unobserved = {process.refusal->message}});
    }
    for (const Target& target : parts_.processes.targets()) reports.push_back(report_of(target));
    const std::lock_guard lock(reports_mutex_);
    reports_ = std::move(reports);
}

TargetReport TargetRegistry::report(pid_t pid) const {
    const Target* target = parts_.processes.target(pid);
    return target == nullptr ? TargetReport{} : report_of(*target);
}

std::vector<TargetReport> TargetRegistry::reports() const {
    const std::lock_guard lock(reports_mutex_);
    return reports_;
}

}  // namespace flowtap
