// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "attach/kernel/bpf_object.h"
#include "attach/registry.h"
#include "exporter/metrics/collector_stats.h"
#include "pipeline/outcome.h"
#include "plan/plan.h"
#include "profile/profile.h"
#include "targets/process_table.h"

namespace flowtap {

// What flowtap counts about itself, and about the points of all targets. Loop thread only.
class CollectorStatistics {
public:
    [[nodiscard]] CollectorStats& counts() { return counts_; }
    [[nodiscard]] const CollectorStats& counts() const { return counts_; }

    // Exports these points from now on, even while their counts are 0.
    void add_points(const std::vector<Profile>& profiles);
    // Maps the point's number in events to the point.
    void number_point(std::uint32_t number, const PlannedPoint& point);
    // "profile/point" of a number; empty if the number is unknown.
    [[nodiscard]] std::string point_name(std::uint32_t number) const;
    void count_started(const Started& started);
    // Counts a target in which a function of the point ran, but no execution of it was seen.
    void count_contradiction(const std::string& profile, const std::string& point);

    CopyStats& copies_of(const std::string& profile);

    // Reads the kernel's counters of each probe, and how full its tables are.
    void read_kernel(const BpfObject& bpf, const Registry& probes, std::uint64_t now_ns);
    void count_targets(const ProcessTable& processes);

private:
    PointStats& stats_of(const std::string& profile, const std::string& point);
    void count_open_executions(const BpfObject& bpf, std::uint64_t now_ns);

    CollectorStats counts_;
    std::map<std::pair<std::string, std::string>, PointStats> point_stats_;  // by profile and point
    std::map<std::string, CopyStats> copy_stats_;                            // by profile
    std::map<std::uint32_t, std::string> point_names_;                       // by number
    std::map<std::uint32_t, PointStats*> stats_of_numbers_;
    std::uint64_t next_open_count_ns_ = 0;
};

}  // namespace flowtap
