// SPDX-License-Identifier: Apache-2.0
// What changes in processes that the collector is attached to.
#include <algorithm>
#include <set>
#include <utility>

#include "attach/placement.h"
#include "daemon/collector.h"
#include "daemon/plan_changes.h"
#include "plan/python/python_plan.h"
#include "process/process_facts.h"

namespace flowtap {
void Collector::rename_targets() {
    for (auto& [tgid, target] : targets_) {
        if (names_.correct(target.told.labels, target.told.pod_uid))
            metrics_.set_target(tgid, target.told.labels);
    }
}

void Collector::extend_targets(std::uint64_t now_ns) {
    for (auto& [tgid, target] : targets_) {
        if (!needs_new_plan(target, code_pages(target.plan.pid), targets_.size(), now_ns)) continue;
        Result<PlannedTarget> planned = planner_.plan(target.plan.pid, reductions_of(target.plan.pid));
        if (!planned) {
            say_not_extended(target, planned.error());
            continue;
        }
        if (planned->plan.start_ticks != target.plan.start_ticks) continue;
        look_for_interpreters(target, planned->plan);
        target.plan.signs = planned->plan.signs;
        target.reduced = planned->reduced;
        extend(target, std::move(planned->plan));
    }
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
    if (known_codes(newer) == before && same_probes(newer, target.plan)) return;
    describe_points(newer);
    const Result<void> extended = attacher_->extend(*target.attachment, newer, *target.memory);
    if (!extended) return say_not_extended(target, extended.error());
    target.not_extended.clear();
    if (const auto& refused = target.attachment->refused_watches())
        leave_unwatched(newer, refused->message());
    for (const std::string& name : newly_observed(target.plan, newer))
        news_.push_back("process " + std::to_string(newer.pid) + ": now observed: " + name);
    for (const std::uint32_t number : observed_subinterpreters(newer)) {
        if (!target.observed_subinterpreters.insert(number).second) continue;
        news_.push_back("process " + std::to_string(newer.pid) + ": now observed: subinterpreter " +
                        std::to_string(number));
    }
    say_what_ran(before, newer, *target.memory);
    target.plan = std::move(newer);
    note_probe_byte(target);
    note_under_way(target, [&](const PlannedCode& code) { return !before.contains(known(code)); });
    reports_outdated_ = true;
}

void Collector::say_what_ran(const std::set<KnownCode>& before, const Plan& newer, const Memory& memory) {
    std::string names;
    for (const std::string& name : run_before(before, newer, memory)) {
        ++stats_.functions_run_unobserved;
        names += (names.empty() ? "" : ", ") + name;
    }
    if (names.empty()) return;
    news_.push_back("process " + std::to_string(newer.pid) +
                    ": had run by the time they were observed, and what ran before is not counted: " + names);
}

// It is tried again and again: each reason is told once. That the process has ended is told otherwise.
void Collector::say_not_extended(Target& target, const Error& error) {
    const pid_t pid = target.plan.pid;
    if (!start_ticks_of(pid)) return;
    count_failure(pid, error);
    if (std::exchange(target.not_extended, error.message()) == error.message()) return;
    news_.push_back("process " + std::to_string(pid) + ": not extended: " + error.message());
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
            count_failure(pid, done.error());
            news_.push_back(done.error().message());
        }
    }
}

}  // namespace flowtap
