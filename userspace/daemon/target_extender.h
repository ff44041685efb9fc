// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <set>
#include <string>

#include "base/result.h"
#include "daemon/target_registry.h"
#include "targets/plan_changes.h"
#include "targets/replan_budget.h"

namespace flowtap {

// Keeps attachments up to date while their processes change: plans them again and attaches what is new. Loop
// thread only.
class TargetExtender {
public:
    // parts, registry and planner must outlive the extender.
    TargetExtender(const TargetRegistry::Parts& parts, TargetRegistry& registry, TargetPlanner& planner)
        : parts_(parts), registry_(registry), planner_(planner) {}

    // Adds functions that targets have imported or defined since their last plan. Takes at most 20 ms.
    void extend_targets(std::uint64_t now_ns);
    // Compares the claims of plans with the functions that have run since.
    void compare_claims(std::uint64_t now_ns);
    // Re-attaches to targets that lost their probes because a file was overwritten.
    void replace_lost_probes();

private:
    [[nodiscard]] CollectorStats& counts() { return parts_.statistics.counts(); }
    [[nodiscard]] bool is_due(Target& target, std::uint64_t now_ns) const;
    void plan_again(Target& target);
    static void retry_later(Target& target);
    void note_interpreters(Target& target, const Plan& newer);
    void extend(Target& target, Plan newer);
    void log_newly_observed(Target& target, const Plan& newer);
    void log_newly_inexact(Target& target, const Plan& newer);
    void take_warnings(Target& target, Plan newer);
    void log_unobserved_runs(const Plan& before, const Plan& newer, const Memory& memory);
    void note_extended(Target& target);
    void note_not_extended(Target& target, AttachFailure reason, const Error& error);

    const TargetRegistry::Parts parts_;
    TargetRegistry& registry_;
    TargetPlanner& planner_;
    ReplanBudget replan_budget_;
    pid_t last_planned_ = 0;  // the target that was planned again last
};

}  // namespace flowtap
