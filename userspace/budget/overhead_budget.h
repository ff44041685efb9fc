// SPDX-License-Identifier: Apache-2.0
// Decides whether the overhead of a target exceeds its budget, and which mechanisms to leave out then. Pure:
// uses no clock and no process.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "budget/reductions.h"

namespace flowtap {

// One sample of a target. Values are totals since some fixed time; only differences are used.
struct OverheadSample {
    std::uint64_t time_ns = 0;
    double cpu_seconds = 0;                            // CPU time of the target, including that of its probes
    std::map<std::string, double> added_seconds = {};  // by its probes, for each group of points
    // Whether the current plan has these, so that they can be left out.
    bool running_seconds = false;
    bool complete = false;
};

// A change of the plan, and its reason.
struct BudgetDecision {
    ReductionStep step = ReductionStep::kRunningSeconds;
    std::string group;              // the group, for kMostExpensive
    bool restores = false;          // the step is taken back
    double share = 0;               // overhead, as a share of the target's own CPU time
    std::uint64_t measured_ns = 0;  // length of the measurement
};

// The budget of one target. Takes no step in the first minute. Takes one step at a time, and measures for
// some seconds before the next. Takes the last step back first, after a pause that doubles each time the step
// is needed again. Takes an earlier step back only after it has measured the effect of that.
class OverheadBudget {
public:
    static constexpr std::uint64_t kWindowNs = 60'000'000'000;
    static constexpr std::uint64_t kSettleNs = 10'000'000'000;  // measuring time after each change
    static constexpr std::uint64_t kFirstPauseNs = 60'000'000'000;
    static constexpr std::uint64_t kLongestPauseNs = 3'600'000'000'000;
    // As a share of elapsed time. A smaller overhead is always accepted, however little CPU time the target
    // uses.
    static constexpr double kNegligible = 0.001;

    // most: the limit, as a share of the target's own CPU time.
    explicit OverheadBudget(double most) : most_(most) {}

    // Call about once a second. The caller must apply the returned change at once. With may_change false,
    // only measures.
    std::optional<BudgetDecision> decide(const OverheadSample& sample, bool may_change = true);

    // The overhead over the last minute, or since the last change, as a share of the target's own CPU time.
    // nullopt: not enough has been measured yet.
    [[nodiscard]] std::optional<double> share() const;
    [[nodiscard]] const Reductions& reductions() const { return reductions_; }

private:
    struct Taken {
        ReductionStep step;
        std::string group;
        std::uint64_t again_ns;  // when the step is taken back
    };

    struct Pause {
        std::uint64_t length_ns;
        std::uint64_t restored_ns;  // when it ended
    };

    [[nodiscard]] std::uint64_t measured_ns() const;
    [[nodiscard]] bool exceeded() const;
    [[nodiscard]] std::pair<ReductionStep, std::string> next_step() const;
    void add(const OverheadSample& sample);
    void set(ReductionStep step, const std::string& group, bool taken);
    BudgetDecision reduce(std::uint64_t now_ns);
    std::uint64_t pause(const std::pair<ReductionStep, std::string>& of, std::uint64_t now_ns);
    BudgetDecision restore(std::uint64_t now_ns);

    double most_;
    std::deque<OverheadSample> window_;  // samples since the last change, at most a minute
    std::uint64_t long_enough_ns_ = kWindowNs;
    Reductions reductions_;
    std::vector<Taken> taken_;
    std::map<std::pair<ReductionStep, std::string>, Pause> pauses_;  // the last pause of each step
};

}  // namespace flowtap
