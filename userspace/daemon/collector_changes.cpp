// SPDX-License-Identifier: Apache-2.0
// What changes in processes that the collector is attached to.
#include <algorithm>
#include <set>
#include <utility>

#include "attach/placement.h"
#include "base/clock.h"
#include "daemon/collector.h"
#include "daemon/turn_budget.h"
#include "plan/python/python_plan.h"
#include "process/cpu_time.h"
#include "process/process_facts.h"
#include "targets/attach_failure.h"
#include "targets/plan_changes.h"

namespace flowtap {
namespace {

constexpr std::uint64_t kPauseAfterTooMuch = 60'000'000'000;  // ns
constexpr std::uint64_t kPauseAfterFailure = 10'000'000'000;  // ns

}  // namespace

void Collector::rename_targets() {
    for (auto& [tgid, target] : targets_) {
        if (names_.correct(target.told.labels, target.told.pod_uid))
            metrics_.set_target(tgid, target.told.labels);
    }
}

void Collector::extend_targets(std::uint64_t now_ns) {
    for (auto& [tgid, target] : targets_)
        note_look(target, code_pages(target.plan.pid), targets_.size(), now_ns);
    const std::uint64_t end_ns = monotonic_ns() + kLongestTurn;
    // From where the last turn ended, so that all have theirs.
    auto next = targets_.upper_bound(last_looked_at_);
    for (std::size_t i = 0; i < targets_.size() && monotonic_ns() < end_ns; ++i, ++next) {
        if (next == targets_.end()) next = targets_.begin();
        if (!may_look(next->second, now_ns)) continue;
        last_looked_at_ = next->first;
        look_again(next->second);
    }
}

// A process that has not run since is as it was.
bool Collector::may_look(Target& target, std::uint64_t now_ns) const {
    if (target.look == Look::kNone || now_ns < target.next_look_ns) return false;
    if (target.look == Look::kChanged) return true;
    const std::optional<std::uint64_t> cpu_ns = cpu_time_of(target.plan.pid);
    if (cpu_ns && cpu_ns == target.cpu_ns) target.look = Look::kNone;
    return target.look != Look::kNone && relook_.may_look(now_ns);
}

void Collector::look_again(Target& target) {
    const std::uint64_t begin_ns = monotonic_ns();
    const bool routine = std::exchange(target.look, Look::kNone) == Look::kRoutine;
    ++stats_.looks[routine ? LookReason::kRoutine : LookReason::kChanged];
    target.cpu_ns = cpu_time_of(target.plan.pid);
    Result<PlannedTarget> planned = planner_.plan(target.plan.pid, reductions_of(target.plan.pid));
    if (!planned) {
        const bool gone = has_ended(target.plan.pid, target.plan.start_ticks);
        if (planner_.exceeded()) target.next_look_ns = monotonic_ns() + kPauseAfterTooMuch;
        const AttachFailure reason = plan_failure(planned.error(), planner_.exceeded());
        if (!gone) say_not_extended(target, reason, planned.error());
    } else if (planned->plan.start_ticks == target.plan.start_ticks) {
        look_for_interpreters(target, planned->plan);
        target.plan.signs = planned->plan.signs;
        target.reduced = planned->reduced;
        extend(target, std::move(planned->plan));
    }
    if (!target.not_extended.empty()) look_later(target);
    const std::uint64_t end_ns = monotonic_ns();
    if (routine || planner_.exceeded()) relook_.looked(end_ns - begin_ns, end_ns);
}

// What was lacking, such as descriptors, may be there again although the process has not run since.
void Collector::look_later(Target& target) {
    target.look = Look::kRoutine;
    target.cpu_ns.reset();
    target.next_look_ns = std::max(target.next_look_ns, monotonic_ns() + kPauseAfterFailure);
}

// An interpreter that is ending may still be there, with nothing in it that can be observed.
void Collector::look_for_interpreters(Target& target, const Plan& newer) {
    std::set<std::uint32_t>& observed = target.observed_subinterpreters;
    stats_.subinterpreters_unobserved += ended_unobserved(target.plan, newer, observed);
    target.plan.interpreters = newer.interpreters;
    target.plan.next_interpreter = newer.next_interpreter;
    std::erase_if(observed, [&](std::uint32_t number) {
        return std::ranges::find(newer.interpreters, number) == newer.interpreters.end();
    });
}

void Collector::extend(Target& target, Plan newer) {
    const std::set<KnownCode> before = known_codes(target.plan);
    if (known_codes(newer) == before && same_probes(newer, target.plan)) return note_extended(target);
    describe_points(newer);
    const Result<void> extended = attacher_->extend(*target.attachment, newer, *target.memory);
    if (!extended) return say_not_extended(target, attach_failure(extended.error()), extended.error());
    note_extended(target);
    if (const auto& refused = target.attachment->refused_watches())
        leave_unwatched(newer, refused->message());
    for (const std::string& name : newly_observed(target.plan, newer))
        news_.push_back("process " + std::to_string(newer.pid) + ": now observed: " + name);
    for (const std::uint32_t number : observed_subinterpreters(newer)) {
        if (!target.observed_subinterpreters.insert(number).second) continue;
        news_.push_back("process " + std::to_string(newer.pid) + ": now observed: subinterpreter " +
                        std::to_string(number));
    }
    say_what_ran(target.plan, newer, *target.memory);
    target.plan = std::move(newer);
    target.claims.take(target.plan, *target.memory);
    note_probe_byte(target);
    note_under_way(target, [&](const PlannedCode& code) { return !before.contains(known(code)); });
    reports_outdated_ = true;
}

void Collector::say_what_ran(const Plan& before, const Plan& newer, const Memory& memory) {
    std::string names;
    for (const std::string& name : run_before(before, newer, memory)) {
        ++stats_.functions_run_unobserved;
        names += (names.empty() ? "" : ", ") + name;
    }
    if (names.empty()) return;
    news_.push_back("process " + std::to_string(newer.pid) +
                    ": had run by the time they were observed, and what ran before is not counted: " + names);
}

void Collector::note_extended(Target& target) {
    if (!std::exchange(target.not_extended, {}).empty()) reports_outdated_ = true;
}

// It is tried again and again: said and counted once for each reason.
void Collector::say_not_extended(Target& target, AttachFailure reason, const Error& error) {
    const pid_t pid = target.plan.pid;
    if (has_ended(pid)) return;
    const std::string message = error.message();
    if (std::exchange(target.not_extended, message) == message) return;
    ++stats_.attach_failures[reason];
    news_.push_back("process " + std::to_string(pid) + ": not extended: " + message);
    reports_outdated_ = true;
}

// What ran since is told before what was seen of it is asked for.
void Collector::compare_claims(std::uint64_t now_ns) {
    for (auto& [tgid, target] : targets_) {
        if (!target.claims.due(now_ns)) continue;
        const auto seen = [&, tgid = tgid](std::uint64_t code) { return bpf_->has_seen(tgid, code); };
        for (const auto& [point, function] : target.claims.look(*target.memory, seen, now_ns)) {
            news_.push_back("process " + std::to_string(target.plan.pid) +
                            ": not exact: " + unseen_text(point, function));
            const std::size_t slash = point.find('/');
            ++stats_of(point.substr(0, slash), point.substr(slash + 1)).contradictions;
            reports_outdated_ = true;
        }
    }
}

// A file that is overwritten takes the probes in it along where it is cut to nothing first, as cp does it.
// One byte of each target tells.
void Collector::replace_lost_probes() {
    std::vector<pid_t> lost;
    for (const auto& [tgid, target] : targets_) {
        if (target.plan.probes.empty()) continue;
        const auto byte = target.memory->read<std::uint8_t>(target.plan.probes.front().address);
        if (byte && byte != target.probe_byte && !check_placed(target.plan, *target.memory))
            lost.push_back(target.plan.pid);
    }
    for (pid_t pid : lost) {
        news_.push_back("process " + std::to_string(pid) +
                        ": a file with probes was overwritten while it was mapped: attaching anew");
        forget(pid);
        if (Result<void> done = attach(planner_.plan(pid, reductions_of(pid))); !done) {
            retire(static_cast<std::uint32_t>(pid));
            note_refusal(pid, last_failure_, done.error());
        }
    }
}

}  // namespace flowtap
