// SPDX-License-Identifier: Apache-2.0
#include "daemon/target_extender.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "attach/placement.h"
#include "base/clock.h"
#include "daemon/turn_budget.h"
#include "plan/python/python_plan.h"
#include "process/cpu_time.h"
#include "process/process_facts.h"
#include "targets/attach_failure.h"

namespace flowtap {
namespace {

constexpr std::uint64_t kPauseAfterTooMuch = 60'000'000'000;  // ns
constexpr std::uint64_t kPauseAfterFailure = 10'000'000'000;  // ns

std::string about_process(pid_t pid) { return "process " + std::to_string(pid) + ": "; }

}  // namespace

void TargetExtender::extend_targets(std::uint64_t now_ns) {
    std::vector<std::reference_wrapper<Target>> targets = parts_.processes.targets();
    for (Target& target : targets)
        note_plan_reason(target, registry_.code_pages(target.plan.pid), targets.size(), now_ns);
    // Starts after the last target of the previous turn, so that each target gets its turn.
    const auto after_last =
        std::ranges::find_if(targets, [this](const Target& one) { return one.plan.pid > last_planned_; });
    std::rotate(targets.begin(), after_last, targets.end());
    const std::uint64_t end_ns = monotonic_ns() + kLongestTurn;
    for (Target& target : targets) {
        if (monotonic_ns() >= end_ns) break;
        if (!is_due(target, now_ns)) continue;
        last_planned_ = target.plan.pid;
        plan_again(target);
    }
}

// A process that has used no CPU time since the last plan has not changed.
bool TargetExtender::is_due(Target& target, std::uint64_t now_ns) const {
    if (target.plan_reason == PlanReason::kNone || now_ns < target.next_plan_ns) return false;
    if (target.plan_reason == PlanReason::kChanged) return true;
    const std::optional<std::uint64_t> cpu_ns = cpu_time_of(target.plan.pid);
    if (cpu_ns && cpu_ns == target.cpu_ns) target.plan_reason = PlanReason::kNone;
    return target.plan_reason != PlanReason::kNone && replan_budget_.may_plan(now_ns);
}

void TargetExtender::plan_again(Target& target) {
    const std::uint64_t begin_ns = monotonic_ns();
    const bool routine = std::exchange(target.plan_reason, PlanReason::kNone) == PlanReason::kRoutine;
    ++counts().looks[routine ? ReplanReason::kRoutine : ReplanReason::kChanged];
    target.cpu_ns = cpu_time_of(target.plan.pid);
    Result<PlannedTarget> planned =
        planner_.plan(target.plan.pid, parts_.overhead.reductions_of(target.plan.pid));
    if (!planned) {
        const bool gone = has_ended(target.plan.pid, target.plan.start_ticks);
        if (planner_.exceeded()) target.next_plan_ns = monotonic_ns() + kPauseAfterTooMuch;
        const AttachFailure reason = plan_failure(planned.error(), planner_.exceeded());
        if (!gone) note_not_extended(target, reason, planned.error());
    } else if (planned->plan.start_ticks == target.plan.start_ticks) {
        note_interpreters(target, planned->plan);
        target.plan.signs = planned->plan.signs;
        target.reduced = planned->reduced;
        extend(target, std::move(planned->plan));
    }
    if (!target.not_extended.empty()) retry_later(target);
    const std::uint64_t end_ns = monotonic_ns();
    if (routine || planner_.exceeded()) replan_budget_.note_plan(end_ns - begin_ns, end_ns);
}

// Resources that were missing, such as descriptors, may become available although the process does not run.
void TargetExtender::retry_later(Target& target) {
    target.plan_reason = PlanReason::kRoutine;
    target.cpu_ns.reset();
    target.next_plan_ns = std::max(target.next_plan_ns, monotonic_ns() + kPauseAfterFailure);
}

// An interpreter that is ending may still be listed, without anything that can be observed.
void TargetExtender::note_interpreters(Target& target, const Plan& newer) {
    std::set<std::uint32_t>& observed = target.observed_subinterpreters;
    counts().subinterpreters_unobserved += ended_unobserved(target.plan, newer, observed);
    target.plan.interpreters = newer.interpreters;
    target.plan.next_interpreter = newer.next_interpreter;
    std::erase_if(observed, [&](std::uint32_t number) {
        return std::ranges::find(newer.interpreters, number) == newer.interpreters.end();
    });
}

void TargetExtender::extend(Target& target, Plan newer) {
    const std::set<KnownCode> before = known_codes(target.plan);
    if (known_codes(newer) == before && same_probes(newer, target.plan)) {
        take_warnings(target, std::move(newer));
        return note_extended(target);
    }
    registry_.describe_points(newer);
    const Result<void> extended = parts_.attacher.extend(*target.attachment, newer, *target.memory);
    if (!extended) return note_not_extended(target, attach_failure(extended.error()), extended.error());
    note_extended(target);
    if (const auto& refused = target.attachment->refused_watches())
        leave_unwatched(newer, refused->message());
    log_newly_observed(target, newer);
    log_newly_inexact(target, newer);
    log_unobserved_runs(target.plan, newer, *target.memory);
    target.plan = std::move(newer);
    target.claims.set_plan(target.plan, *target.memory);
    note_probe_byte(target);
    if (parts_.processes.state_of(target.plan.pid) == ProcessState::kAttached)
        parts_.processes.apply(target.plan.pid, ProcessEvent::kExtended);
    registry_.note_under_way(target, [&](const PlannedCode& code) { return !before.contains(known(code)); });
    registry_.outdate_reports();
}

void TargetExtender::log_newly_observed(Target& target, const Plan& newer) {
    for (const std::string& name : newly_observed(target.plan, newer))
        registry_.log(about_process(newer.pid) + "now observed: " + name);
    for (const std::uint32_t number : observed_subinterpreters(newer)) {
        if (!target.observed_subinterpreters.insert(number).second) continue;
        registry_.log(about_process(newer.pid) + "now observed: subinterpreter " + std::to_string(number));
    }
}

void TargetExtender::log_newly_inexact(Target& target, const Plan& newer) {
    for (const std::string& line : inexact_lines(newly_inexact(target.plan, newer), target.inexact_said))
        registry_.log(about_process(newer.pid) + line);
}

// Takes the warnings of a newer plan that observes the same functions by the same probes.
void TargetExtender::take_warnings(Target& target, Plan newer) {
    const auto same_warnings = [](const PlannedPoint& one, const PlannedPoint& other) {
        return one.warnings == other.warnings;
    };
    if (std::ranges::equal(target.plan.points, newer.points, same_warnings)) return;
    log_newly_inexact(target, newer);
    target.plan.points = std::move(newer.points);
    registry_.outdate_reports();
}

void TargetExtender::log_unobserved_runs(const Plan& before, const Plan& newer, const Memory& memory) {
    std::string names;
    for (const std::string& name : run_before(before, newer, memory)) {
        ++counts().functions_run_unobserved;
        names += (names.empty() ? "" : ", ") + name;
    }
    if (names.empty()) return;
    registry_.log(
        about_process(newer.pid) +
        "these functions ran before they could be observed, and those executions are not counted: " + names);
}

void TargetExtender::note_extended(Target& target) {
    if (!std::exchange(target.not_extended, {}).empty()) registry_.outdate_reports();
}

// An extension is retried many times: each reason is logged and counted once.
void TargetExtender::note_not_extended(Target& target, AttachFailure reason, const Error& error) {
    const pid_t pid = target.plan.pid;
    if (has_ended(pid)) return;
    const std::string message = error.message();
    if (std::exchange(target.not_extended, message) == message) return;
    registry_.count_failure(reason);
    registry_.log(about_process(pid) + "functions found since the attach are not observed: " + message);
    registry_.outdate_reports();
}

// First reads which functions ran, then asks the kernel which of them a probe saw.
void TargetExtender::compare_claims(std::uint64_t now_ns) {
    for (Target& target : parts_.processes.targets()) {
        if (!target.claims.due(now_ns)) continue;
        const auto tgid = static_cast<std::uint32_t>(target.plan.pid);
        const auto seen = [&](std::uint64_t code) { return parts_.pump.kernel().has_seen(tgid, code); };
        for (const auto& [point, function] : target.claims.check(*target.memory, seen, now_ns)) {
            registry_.log(about_process(target.plan.pid) + "not exact: " + unseen_text(point, function));
            const std::size_t slash = point.find('/');
            parts_.statistics.count_contradiction(point.substr(0, slash), point.substr(slash + 1));
            registry_.outdate_reports();
        }
    }
}

// Truncating and rewriting a file, as cp does, removes its probes. One byte of each target shows that.
void TargetExtender::replace_lost_probes() {
    std::vector<pid_t> lost;
    for (const Target& target : parts_.processes.targets()) {
        if (target.plan.probes.empty()) continue;
        const auto byte = target.memory->read<std::uint8_t>(target.plan.probes.front().address);
        if (byte && byte != target.probe_byte && !check_placed(target.plan, *target.memory))
            lost.push_back(target.plan.pid);
    }
    for (const pid_t pid : lost) {
        registry_.log(about_process(pid) +
                      "a file with probes was overwritten while it was mapped: attaching again");
        registry_.forget_executions(pid);
        if (Result<void> done = registry_.add(pid); !done) {
            registry_.retire(pid);
            registry_.note_refusal(pid, registry_.last_failure(), done.error());
        }
    }
}

}  // namespace flowtap
