// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <set>
#include <string>

#include "base/result.h"
#include "daemon/target_registry.h"
#include "targets/plan_changes.h"
#include "targets/relook_budget.h"

namespace flowtap {

// Keeps attachments true while their processes change: plans them again, and adds what is new to what is
// attached. Loop thread only.
class TargetExtender {
public:
    // All of it must outlive the extender.
    TargetExtender(const TargetRegistry::Parts& parts, TargetRegistry& registry, TargetPlanner& planner)
        : parts_(parts), registry_(registry), planner_(planner) {}

    // Adds functions that targets have imported or defined since, for at most 20 ms.
    void extend_targets(std::uint64_t now_ns);
    // Compares what plans claim with what has run meanwhile.
    void compare_claims(std::uint64_t now_ns);
    // Attaches anew where a file with probes was overwritten, and the probes with it.
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
    void log_what_ran(const Plan& before, const Plan& newer, const Memory& memory);
    void note_extended(Target& target);
    void note_not_extended(Target& target, AttachFailure reason, const Error& error);

    const TargetRegistry::Parts parts_;
    TargetRegistry& registry_;
    TargetPlanner& planner_;
    RelookBudget relook_;
    pid_t last_planned_ = 0;  // the target that was planned again last
};

}  // namespace flowtap
