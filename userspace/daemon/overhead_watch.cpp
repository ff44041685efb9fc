// SPDX-License-Identifier: Apache-2.0
#include "daemon/overhead_watch.h"

#include <algorithm>
#include <map>
#include <string>

#include "budget/probe_groups.h"
#include "process/cpu_time.h"
#include "process/process_facts.h"

namespace flowtap {
namespace {

// Reading one target takes about 30 us. This limits all of them together to a few thousandths of a CPU.
constexpr std::uint64_t kShortestPeriod = 1'000'000'000;  // ns
constexpr std::uint64_t kPeriodForEach = 10'000'000;

}  // namespace

void OverheadWatch::limit(std::optional<double> most) {
    if (most == most_) return;
    most_ = most;
    for (WatchedProcess& process : processes_.all()) {
        if (!process.overhead) continue;
        seconds_of_gone_ += process.overhead->added_seconds();
        process.overhead.emplace(process.overhead->start_ticks(), most);
    }
}

Reductions OverheadWatch::reductions_of(pid_t pid) const {
    const WatchedProcess* process = processes_.find(pid);
    if (process == nullptr || !process->overhead) return {};
    if (has_ended(pid, process->overhead->start_ticks())) return {};
    return process->overhead->reductions();
}

void OverheadWatch::attached(const Plan& plan) {
    WatchedProcess& process = processes_.entry(plan.pid);
    if (process.overhead && process.overhead->start_ticks() == plan.start_ticks) return;
    if (process.overhead) seconds_of_gone_ += process.overhead->added_seconds();
    process.overhead.emplace(plan.start_ticks, most_);
}

void OverheadWatch::detached(pid_t pid) {
    WatchedProcess* process = processes_.find(pid);
    if (process != nullptr && process->overhead) process->overhead->detached();
}

void OverheadWatch::forget(pid_t pid) {
    seconds_of_gone_ += processes_.find(pid)->overhead->added_seconds();
    processes_.forget_overhead(pid);
}

void OverheadWatch::update(Target& target, std::uint64_t now_ns) {
    WatchedProcess* process = processes_.find(target.plan.pid);
    if (process == nullptr || !process->overhead) return;
    TargetOverhead& overhead = *process->overhead;
    const auto decision = overhead.update(now_ns, attacher_.hits(*target.attachment), target.plan, prices_,
                                          cpu_seconds_of(target.plan.pid));
    target.hits_per_second = overhead.hits_per_second();
    target.overhead = overhead.share();
    target.use = overhead.use_by_group();
    if (decision) changes_.push_back({target.plan.pid, *decision});
}

bool OverheadWatch::watch(std::uint64_t now_ns) {
    if (now_ns < next_ns_) return false;
    next_ns_ = now_ns + std::max(kShortestPeriod, processes_.target_count() * kPeriodForEach);
    for (Target& target : processes_.targets()) update(target, now_ns);
    // A released process may be attached to again.
    const auto is_over = [](const WatchedProcess& one) {
        return one.overhead &&
               (one.state() == ProcessState::kCandidate || one.state() == ProcessState::kWaiting);
    };
    for (const pid_t pid : processes_.pids(is_over)) forget(pid);
    return true;
}

std::vector<ProbeUse> OverheadWatch::probe_use(pid_t pid) const {
    const Target* target = std::as_const(processes_).target(pid);
    if (target == nullptr) return {};
    const std::map<std::string, std::string> groups = groups_by_probe(target->plan);
    std::vector<ProbeUse> used;
    for (const SiteHits& site : attacher_.hits(*target->attachment)) {
        const auto group = groups.find(site.probe);
        used.push_back(
            {site.probe, group == groups.end() ? "" : group->second, site.kind, site.hits, site.others});
    }
    return used;
}

void OverheadWatch::add_to(CollectorStats& stats) const {
    stats.target_overhead_seconds = seconds_of_gone_;
    stats.points_reduced = {};
    for (const WatchedProcess& process : std::as_const(processes_).all()) {
        if (process.overhead) stats.target_overhead_seconds += process.overhead->added_seconds();
        if (!process.target) continue;
        const ReducedPoints& reduced = process.target->reduced;
        stats.points_reduced[PointReduction::kRunningSeconds] += reduced[0];
        stats.points_reduced[PointReduction::kComplete] += reduced[1];
        stats.points_reduced[PointReduction::kMostExpensive] += reduced[2];
        stats.points_reduced[PointReduction::kAll] += reduced[3];
    }
}

}  // namespace flowtap
