// SPDX-License-Identifier: Apache-2.0
// The overhead of one target, computed from the hits of its probes and the prices of this machine.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "attach/attacher.h"
#include "budget/overhead_budget.h"
#include "machine/prices.h"
#include "plan/plan.h"

namespace flowtap {

// Hits of the probes of one group (see group_of()), and their cost.
struct GroupUse {
    std::uint64_t hits = 0;
    std::optional<double> seconds = 0.0;  // nullopt: a price was not measured on this machine
};

class TargetOverhead {
public:
    // most: as OverheadBudget; nullopt: no limit.
    TargetOverhead(std::uint64_t start_ticks, std::optional<double> most)
        : start_ticks_(start_ticks), limited_(most.has_value()), budget_(most.value_or(1)) {}

    // Start time of the process. Distinguishes it from a later process with the same PID.
    [[nodiscard]] std::uint64_t start_ticks() const { return start_ticks_; }

    // hits: since the process was attached to. cpu_seconds: nullopt if it cannot be read.
    std::optional<BudgetDecision> update(std::uint64_t time_ns, std::span<const SiteHits> hits,
                                         const Plan& plan, const Prices& prices,
                                         std::optional<double> cpu_seconds);
    // Call when flowtap has detached from the process: hits count from 0 at the next attach.
    void detached();

    // Since the first attach.
    [[nodiscard]] double added_seconds() const;
    // Since the last attach, as of the last update().
    [[nodiscard]] const std::map<std::string, GroupUse>& use_by_group() const { return use_; }
    // Between the last two calls of update().
    [[nodiscard]] std::optional<double> hits_per_second() const { return hits_per_second_; }
    [[nodiscard]] std::optional<double> share() const { return priced_ ? budget_.share() : std::nullopt; }
    [[nodiscard]] const Reductions& reductions() const { return budget_.reductions(); }

private:
    std::uint64_t more_hits(const SiteHits& site);

    std::uint64_t start_ticks_;
    bool limited_;
    OverheadBudget budget_;
    bool priced_ = false;
    std::map<std::string, double> before_;  // up to the last detach, by group
    std::map<std::string, double> now_;     // since the last attach, by group
    std::map<std::string, GroupUse> use_;   // the same
    std::map<std::pair<std::string, ProbeKind>, std::uint64_t> priced_hits_;
    std::uint64_t hits_ = 0;
    std::uint64_t updated_ns_ = 0;
    std::optional<double> hits_per_second_;
};

}  // namespace flowtap
