// SPDX-License-Identifier: Apache-2.0
// What observing costs the targets, and what gives way where that is too much.
#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "budget/probe_groups.h"
#include "daemon/collector.h"
#include "process/cpu_time.h"
#include "process/process_facts.h"

namespace flowtap {
namespace {

// One look at a target takes some 30 us: all of them together no more than a few thousandths of a CPU.
constexpr std::uint64_t kShortestPeriod = 1'000'000'000;  // ns
constexpr std::uint64_t kPeriodForEach = 10'000'000;

}  // namespace

void Collector::limit_overhead(std::optional<double> most) {
    if (most == most_overhead_) return;
    most_overhead_ = most;
    for (auto& [tgid, overhead] : overheads_) {
        overhead_of_gone_ += overhead.added_seconds();
        overhead = TargetOverhead(overhead.start_ticks(), most);
    }
}

Reductions Collector::reductions_of(pid_t pid) const {
    const auto found = overheads_.find(static_cast<std::uint32_t>(pid));
    if (found == overheads_.end() || has_ended(pid, found->second.start_ticks())) return {};
    return found->second.reductions();
}

// A process that was let go to be attached to anew is the same one.
void Collector::expect_overhead(const Plan& plan) {
    const auto tgid = static_cast<std::uint32_t>(plan.pid);
    const auto known = overheads_.find(tgid);
    if (known != overheads_.end() && known->second.start_ticks() == plan.start_ticks) return;
    forget_overhead(tgid);
    overheads_.emplace(tgid, TargetOverhead(plan.start_ticks, most_overhead_));
}

void Collector::forget_overhead(std::uint32_t tgid) {
    const auto known = overheads_.find(tgid);
    if (known == overheads_.end()) return;
    overhead_of_gone_ += known->second.added_seconds();
    overheads_.erase(known);
}

void Collector::note_overhead(Target& target, std::uint64_t now_ns) {
    const auto known = overheads_.find(static_cast<std::uint32_t>(target.plan.pid));
    if (known == overheads_.end()) return;
    TargetOverhead& overhead = known->second;
    const auto decision = overhead.note(now_ns, attacher_->hits(*target.attachment), target.plan,
                                        planner_.settings().machine.prices, cpu_seconds_of(target.plan.pid));
    target.hits_per_second = overhead.hits_per_second();
    target.overhead = overhead.share();
    target.use = overhead.use_by_group();
    if (decision) budget_news_.push_back({target.plan.pid, *decision});
}

void Collector::watch_overhead(std::uint64_t now_ns) {
    if (now_ns < next_overhead_ns_) return;
    next_overhead_ns_ = now_ns + std::max(kShortestPeriod, targets_.size() * kPeriodForEach);
    for (auto& [tgid, target] : targets_) note_overhead(target, now_ns);
    std::vector<std::uint32_t> gone;
    for (const auto& [tgid, overhead] : overheads_)
        if (!targets_.contains(tgid) && !leaving(static_cast<pid_t>(tgid))) gone.push_back(tgid);
    for (std::uint32_t tgid : gone) forget_overhead(tgid);
    reports_outdated_ = reports_outdated_ || !targets_.empty();
}

std::vector<ProbeUse> Collector::probe_use(pid_t pid) const {
    const auto found = targets_.find(static_cast<std::uint32_t>(pid));
    if (found == targets_.end()) return {};
    const std::map<std::string, std::string> groups = groups_by_probe(found->second.plan);
    std::vector<ProbeUse> used;
    for (const SiteHits& site : attacher_->hits(*found->second.attachment)) {
        const auto group = groups.find(site.probe);
        used.push_back(
            {site.probe, group == groups.end() ? "" : group->second, site.kind, site.hits, site.others});
    }
    return used;
}

void Collector::sum_overhead() {
    stats_.target_overhead_seconds = overhead_of_gone_;
    for (const auto& [tgid, overhead] : overheads_)
        stats_.target_overhead_seconds += overhead.added_seconds();
    stats_.points_reduced = {};
    for (const auto& [tgid, target] : targets_) {
        stats_.points_reduced[PointReduction::kRunningSeconds] += target.reduced[0];
        stats_.points_reduced[PointReduction::kComplete] += target.reduced[1];
        stats_.points_reduced[PointReduction::kDearest] += target.reduced[2];
        stats_.points_reduced[PointReduction::kAll] += target.reduced[3];
    }
}

}  // namespace flowtap
