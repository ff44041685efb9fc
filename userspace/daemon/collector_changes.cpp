// SPDX-License-Identifier: Apache-2.0
// What changes in processes that the collector is attached to.
#include <algorithm>
#include <set>

#include "attach/code_check.h"
#include "attach/placement.h"
#include "daemon/collector.h"

namespace flowtap {
namespace {

bool same_probes(const Plan& one, const Plan& other) {
    return std::ranges::equal(one.probes, other.probes, [](const PlannedProbe& a, const PlannedProbe& b) {
        return a.address == b.address && a.name == b.name && a.file_offset == b.file_offset;
    });
}

std::vector<std::string> newly_observed(const Plan& older, const Plan& newer) {
    std::set<std::string> seen;
    for (const PlannedPoint& point : older.points)
        if (point.observed) seen.insert(point.profile + "/" + point.point.name);
    std::vector<std::string> names;
    for (const PlannedPoint& point : newer.points) {
        const std::string name = point.profile + "/" + point.point.name;
        if (point.observed && !seen.contains(name)) names.push_back(name);
    }
    return names;
}

}  // namespace

void Collector::rename_targets() {
    for (auto& [tgid, target] : targets_) {
        if (names_.correct(target.told.labels, target.told.pod_uid))
            metrics_.set_target(tgid, target.told.labels);
    }
}

void Collector::extend_targets(std::uint64_t now_ns) {
    for (auto& [tgid, target] : targets_) {
        if (!needs_new_plan(target, code_pages(target.plan.pid), now_ns)) continue;
        Result<PlannedTarget> planned = planner_.plan(target.plan.pid);
        if (planned && planned->plan.start_ticks == target.plan.start_ticks)
            extend(target, std::move(planned->plan));
    }
}

void Collector::extend(Target& target, Plan newer) {
    if (newer.codes.size() == target.plan.codes.size() && same_probes(newer, target.plan)) return;
    describe_points(newer);
    Result<void> extended = check_code(newer, *target.memory);
    if (extended) extended = attacher_->extend(*target.attachment, newer);
    if (extended) extended = check_placed(newer, *target.memory);
    if (!extended) return say_not_extended(newer.pid, extended.error());
    for (const std::string& name : newly_observed(target.plan, newer))
        news_.push_back("process " + std::to_string(newer.pid) + ": now observed: " + name);
    const Plan older = std::exchange(target.plan, std::move(newer));
    note_under_way(target, [&](const PlannedCode& code) {
        return std::ranges::find(older.codes, code.address, &PlannedCode::address) == older.codes.end();
    });
    reports_outdated_ = true;
}

void Collector::say_not_extended(pid_t pid, const Error& error) {
    count_failure(pid, error);
    news_.push_back(error.message());
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
        if (Result<void> done = attach(planner_.plan(pid)); !done) {
            retire(static_cast<std::uint32_t>(pid));
            say_not_extended(pid, done.error());
        }
    }
}

}  // namespace flowtap
