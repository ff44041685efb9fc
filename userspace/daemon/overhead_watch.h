// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "attach/attacher.h"
#include "budget/measured_cost.h"
#include "budget/target_overhead.h"
#include "exporter/metrics/collector_stats.h"
#include "machine/prices.h"
#include "plan/plan.h"
#include "targets/process_table.h"

namespace flowtap {

// A target whose plan must change to stay within the limit: it must be released and attached to again.
struct BudgetChange {
    pid_t pid;
    BudgetDecision decision;
};

// Measures what probes cost each target, and decides what to leave out if that exceeds the limit. Loop thread
// only.
class OverheadWatch {
public:
    // The table and the attacher must outlive this.
    OverheadWatch(ProcessTable& processes, const Attacher& attacher, const Prices& prices)
        : processes_(processes), attacher_(attacher), prices_(prices) {}

    // Limits the CPU time that probes may add to a target, as a share of its own; nullopt (and the default):
    // no limit.
    void limit(std::optional<double> most);

    // What earlier decisions exclude from the process's plan.
    [[nodiscard]] Reductions reductions_of(pid_t pid) const;
    // Call when a process is attached to. A process that was released before continues with its earlier
    // state.
    void attached(const Plan& plan);
    // Call when a process is detached from.
    void detached(pid_t pid);

    // Reads the hits and CPU times of all targets, at most once a second. Returns false if it is too early.
    bool watch(std::uint64_t now_ns);
    std::vector<BudgetChange> take_changes() { return std::exchange(changes_, {}); }

    void add_to(CollectorStats& stats) const;
    // Hits since the attach; empty if the process is not a target.
    [[nodiscard]] std::vector<ProbeUse> probe_use(pid_t pid) const;

private:
    void forget(pid_t pid);
    void update(Target& target, std::uint64_t now_ns);

    ProcessTable& processes_;
    const Attacher& attacher_;
    const Prices prices_;
    std::optional<double> most_;
    double seconds_of_gone_ = 0;
    std::uint64_t next_ns_ = 0;
    std::vector<BudgetChange> changes_;
};

}  // namespace flowtap
