// SPDX-License-Identifier: Apache-2.0
#include "daemon/collector_statistics.h"

#include <algorithm>

#include "targets/target.h"

namespace flowtap {
namespace {

// Counting the open executions reads the whole table.
constexpr std::uint64_t kOpenCountPeriod = 5'000'000'000;  // ns

ProbeStats probe_stats(const BpfObject& bpf, const Registry& probes, std::uint32_t number) {
    const ft_counters counters = bpf.counters(number);
    ProbeStats stats;
    stats.probe = number >= probes.first() ? probes.texts()[number - probes.first()] : "process:exit";
    stats.hits = counters.hits;
    stats.events = counters.events;
    stats.lost[LostReason::kRingBufferFull] = counters.lost_ring_full;
    stats.lost[LostReason::kOpenMapFull] = counters.lost_open_full;
    stats.lost[LostReason::kOpenMapShare] = counters.lost_open_share;
    stats.lost[LostReason::kEndBufferFull] = counters.lost_late_full;
    stats.ids_unreadable = counters.unreadable;
    stats.hits_unattributed = counters.no_thread_state;
    return stats;
}

}  // namespace

void CollectorStatistics::add_points(const std::vector<Profile>& profiles) {
    for (const Profile& profile : profiles) {
        (void)copies_of(profile.name);
        for (const Point& point : profile.points) (void)stats_of(profile.name, point.name);
    }
}

void CollectorStatistics::number_point(std::uint32_t number, const PlannedPoint& point) {
    point_names_[number] = name_of(point);
    stats_of_numbers_[number] = &stats_of(point.profile, point.point.name);
}

std::string CollectorStatistics::point_name(std::uint32_t number) const {
    const auto found = point_names_.find(number);
    return found == point_names_.end() ? "" : found->second;
}

void CollectorStatistics::count_started(const Started& started) {
    const auto stats = stats_of_numbers_.find(started.point);
    if (stats == stats_of_numbers_.end()) return;
    ++stats->second->executions;
    if (started.id_unreadable) ++stats->second->ids_unreadable;
}

void CollectorStatistics::count_contradiction(const std::string& profile, const std::string& point) {
    ++stats_of(profile, point).contradictions;
}

PointStats& CollectorStatistics::stats_of(const std::string& profile, const std::string& point) {
    PointStats& stats = point_stats_[{profile, point}];
    stats.profile = profile;
    stats.point = point;
    return stats;
}

CopyStats& CollectorStatistics::copies_of(const std::string& profile) {
    CopyStats& stats = copy_stats_[profile];
    stats.profile = profile;
    return stats;
}

void CollectorStatistics::count_open_executions(const BpfObject& bpf, std::uint64_t now_ns) {
    if (now_ns < next_open_count_ns_) return;
    next_open_count_ns_ = now_ns + kOpenCountPeriod;
    counts_.tables.open_executions = 0;
    bpf.for_each_open([this](const BpfObject::OpenEntry&) { ++counts_.tables.open_executions; });
}

void CollectorStatistics::read_kernel(const BpfObject& bpf, const Registry& probes, std::uint64_t now_ns) {
    count_open_executions(bpf, now_ns);
    counts_.tables.most_open_executions = bpf.most_open();
    counts_.tables.events_buffer_bytes = bpf.ring_bytes();
    counts_.probes.clear();
    Tally<LostReason> lost;
    lost[LostReason::kMalformed] = counts_.events_lost[LostReason::kMalformed];
    for (std::uint32_t i = 0; i < probes.first() + probes.texts().size(); i++) {
        counts_.probes.push_back(probe_stats(bpf, probes, i));
        lost += counts_.probes.back().lost;
    }
    counts_.events_lost = lost;
}

void CollectorStatistics::count_targets(const ProcessTable& processes) {
    counts_.targets[TargetState::kAttached] = processes.target_count();
    counts_.targets[TargetState::kFailed] =
        processes.pids([](const WatchedProcess& one) { return one.refusal.has_value(); }).size();
    counts_.points = {};
    for (const Target& target : processes.targets())
        for (const PlannedPoint& point : target.plan.points) ++counts_.points[state_of(target, point)];
    counts_.point_executions.clear();
    for (const auto& [name, stats] : point_stats_) counts_.point_executions.push_back(stats);
    counts_.copies.clear();
    for (const auto& [name, stats] : copy_stats_) counts_.copies.push_back(stats);
}

}  // namespace flowtap
