// SPDX-License-Identifier: Apache-2.0
#include "budget/decision_text.h"

#include <array>
#include <cstdio>

namespace flowtap {
namespace {

std::string what(const BudgetDecision& decision) {
    switch (decision.step) {
        case ReductionStep::kRunningSeconds:
            return "running seconds";
        case ReductionStep::kComplete:
            return "complete durations";
        case ReductionStep::kMostExpensive:
            return "the points observed by " + decision.group;
        case ReductionStep::kAll:
            return "all points";
    }
    return {};
}

std::string cost(const BudgetDecision& decision) {
    constexpr double kTenfold = 10;
    std::array<char, 96> text{};
    const double seconds = static_cast<double>(decision.measured_ns) * 1e-9;
    if (decision.share > kTenfold) {
        std::snprintf(text.data(), text.size(),
                      "its probes took more than ten times its own CPU time in %.0f s", seconds);
    } else {
        std::snprintf(text.data(), text.size(), "its probes added %.1f %% to its own CPU time in %.0f s",
                      100 * decision.share, seconds);
    }
    return text.data();
}

}  // namespace

std::string decision_text(const BudgetDecision& decision) {
    if (decision.restores) return "observed again: " + what(decision);
    return cost(decision) + ", more than --max-overhead allows: no longer observed: " + what(decision);
}

}  // namespace flowtap
