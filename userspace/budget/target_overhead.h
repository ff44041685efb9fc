// SPDX-License-Identifier: Apache-2.0
// What observing costs one target, from the hits of its probes and the prices of this machine.
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

// What the probes of one group, as group_of() names it, were hit, and what that cost.
struct GroupUse {
    std::uint64_t hits = 0;
    std::optional<double> seconds = 0.0;  // nothing: a price is not known on this machine
};

class TargetOverhead {
public:
    // most: as OverheadBudget; nullopt: nothing is ever given up.
    TargetOverhead(std::uint64_t start_ticks, std::optional<double> most)
        : start_ticks_(start_ticks), limited_(most.has_value()), budget_(most.value_or(1)) {}

    // Of the process it is about: another one may have its number later.
    [[nodiscard]] std::uint64_t start_ticks() const { return start_ticks_; }

    // hits: since this attachment; cpu_seconds: nullopt where they cannot be read.
    std::optional<BudgetDecision> note(std::uint64_t time_ns, std::span<const SiteHits> hits,
                                       const Plan& plan, const Prices& prices,
                                       std::optional<double> cpu_seconds);
    // The attachment is over; a later one counts from 0.
    void detached();

    // Since the process was first attached to.
    [[nodiscard]] double added_seconds() const;
    // Of this attachment, as of the last note.
    [[nodiscard]] const std::map<std::string, GroupUse>& use_by_group() const { return use_; }
    // Between the last two notes.
    [[nodiscard]] std::optional<double> hits_per_second() const { return hits_per_second_; }
    [[nodiscard]] std::optional<double> share() const { return priced_ ? budget_.share() : std::nullopt; }
    [[nodiscard]] const Reductions& reductions() const { return budget_.reductions(); }

private:
    std::uint64_t more_hits(const SiteHits& site);

    std::uint64_t start_ticks_;
    bool limited_;
    OverheadBudget budget_;
    bool priced_ = false;
    std::map<std::string, double> before_;  // of earlier attachments, by group
    std::map<std::string, double> now_;     // of this one
    std::map<std::string, GroupUse> use_;   // of this one
    std::map<std::pair<std::string, ProbeKind>, std::uint64_t> priced_hits_;
    std::uint64_t hits_ = 0;
    std::uint64_t noted_ns_ = 0;
    std::optional<double> hits_per_second_;
};

}  // namespace flowtap
