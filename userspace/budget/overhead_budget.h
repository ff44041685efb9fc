// SPDX-License-Identifier: Apache-2.0
// Whether a target pays too much for being observed, and what gives way then. Pure: no clock, no process.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "budget/reductions.h"

namespace flowtap {

// One look at a target. Totals since any fixed moment; only differences count.
struct OverheadSample {
    std::uint64_t time_ns = 0;
    double cpu_seconds = 0;                            // that the target used, the probes included
    std::map<std::string, double> added_seconds = {};  // by its probes, by the group of points they are for
    // What can still give way.
    bool running_seconds = false;
    bool complete = false;
};

// A change of what is observed, and why.
struct BudgetDecision {
    ReductionStep step = ReductionStep::kRunningSeconds;
    std::string group;              // kDearest: which
    bool restores = false;          // what gave way is tried again
    double share = 0;               // what the probes added to the target's own CPU time
    std::uint64_t measured_ns = 0;  // over how long
};

// Of one target. Nothing gives way in the first minute; then whatever it takes, one step after the other,
// each measured for some seconds. What gave way last is tried again first, after a pause that doubles each
// time it has to give way again; the one before it only once that has been measured.
class OverheadBudget {
public:
    static constexpr std::uint64_t kWindowNs = 60'000'000'000;
    static constexpr std::uint64_t kSettleNs = 10'000'000'000;  // after a change
    static constexpr std::uint64_t kFirstPauseNs = 60'000'000'000;
    static constexpr std::uint64_t kLongestPauseNs = 3'600'000'000'000;
    // Of the time that passed: where probes cost less than that, nothing has to give way.
    static constexpr double kNegligible = 0.001;

    // most: what probes may add to a target's own CPU time, as a share of it.
    explicit OverheadBudget(double most) : most_(most) {}

    // To be called about once a second. The change it asks for is to be made at once. may_change: else it
    // only measures.
    std::optional<BudgetDecision> decide(const OverheadSample& sample, bool may_change = true);

    // What probes add to the target's own CPU time, over the last minute or since the last change; nullopt
    // as long as that is too short to tell.
    [[nodiscard]] std::optional<double> share() const;
    [[nodiscard]] const Reductions& reductions() const { return reductions_; }

private:
    struct Taken {
        ReductionStep step;
        std::string group;
        std::uint64_t again_ns;  // when it is tried again
    };

    struct Pause {
        std::uint64_t length_ns;
        std::uint64_t restored_ns;  // when it was over
    };

    [[nodiscard]] std::uint64_t measured_ns() const;
    [[nodiscard]] bool exceeded() const;
    [[nodiscard]] std::pair<ReductionStep, std::string> next_step() const;
    void note(const OverheadSample& sample);
    void set(ReductionStep step, const std::string& group, bool taken);
    BudgetDecision reduce(std::uint64_t now_ns);
    std::uint64_t pause(const std::pair<ReductionStep, std::string>& of, std::uint64_t now_ns);
    BudgetDecision restore(std::uint64_t now_ns);

    double most_;
    std::deque<OverheadSample> window_;  // since the last change, a minute at most
    std::uint64_t long_enough_ns_ = kWindowNs;
    Reductions reductions_;
    std::vector<Taken> taken_;
    std::map<std::pair<ReductionStep, std::string>, Pause> pauses_;  // the last one of each
};

}  // namespace flowtap
