// SPDX-License-Identifier: Apache-2.0
#include "budget/overhead_budget.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace flowtap {
namespace {

constexpr double kNanosecond = 1e-9;

double total_of(const std::map<std::string, double>& seconds) {
    return std::accumulate(seconds.begin(), seconds.end(), 0.0,
                           [](double sum, const auto& one) { return sum + one.second; });
}

double added_between(const OverheadSample& first, const OverheadSample& last) {
    return total_of(last.added_seconds) - total_of(first.added_seconds);
}

// The group with the most expensive probes. Empty: there are no groups.
std::string most_expensive_between(const OverheadSample& first, const OverheadSample& last) {
    std::string dearest;
    double most = -1;
    for (const auto& [group, seconds] : last.added_seconds) {
        const auto before = first.added_seconds.find(group);
        const double added = seconds - (before == first.added_seconds.end() ? 0 : before->second);
        if (added <= most) continue;
        most = added;
        dearest = group;
    }
    return dearest;
}

}  // namespace

const char* step_name(ReductionStep step) {
    switch (step) {
        case ReductionStep::kRunningSeconds:
            return "running_seconds";
        case ReductionStep::kComplete:
            return "complete";
        case ReductionStep::kMostExpensive:
            return "dearest";
        case ReductionStep::kAll:
            return "all";
    }
    return "unknown";
}

std::uint64_t OverheadBudget::measured_ns() const {
    return window_.empty() ? 0 : window_.back().time_ns - window_.front().time_ns;
}

// The target's own CPU time excludes that of the probes. It is close to zero for a target that does nothing
// but hit probes; then any overhead exceeds the budget.
std::optional<double> OverheadBudget::share() const {
    if (measured_ns() < long_enough_ns_) return std::nullopt;
    const double added = added_between(window_.front(), window_.back());
    const double own = window_.back().cpu_seconds - window_.front().cpu_seconds - added;
    constexpr double kLittle = 1e-6;
    return added / std::max(own, kLittle);
}

bool OverheadBudget::exceeded() const {
    const std::optional<double> now = share();
    if (!now || *now <= most_) return false;
    const double passed = static_cast<double>(measured_ns()) * kNanosecond;
    return added_between(window_.front(), window_.back()) > kNegligible * passed;
}

void OverheadBudget::add(const OverheadSample& sample) {
    window_.push_back(sample);
    // Keeps one sample that is at least a minute old, so that the window covers a minute.
    while (window_.size() > 2 && sample.time_ns - window_[1].time_ns >= kWindowNs) window_.pop_front();
}

std::pair<ReductionStep, std::string> OverheadBudget::next_step() const {
    const OverheadSample& now = window_.back();
    if (now.running_seconds && !reductions_.running_seconds) return {ReductionStep::kRunningSeconds, {}};
    if (now.complete && !reductions_.complete) return {ReductionStep::kComplete, {}};
    const bool gave_way = !reductions_.groups.empty();
    std::string dearest = most_expensive_between(window_.front(), now);
    if (!gave_way && now.added_seconds.size() > 1 && !dearest.empty())
        return {ReductionStep::kMostExpensive, std::move(dearest)};
    return {ReductionStep::kAll, {}};
}

void OverheadBudget::set(ReductionStep step, const std::string& group, bool taken) {
    switch (step) {
        case ReductionStep::kRunningSeconds:
            reductions_.running_seconds = taken;
            break;
        case ReductionStep::kComplete:
            reductions_.complete = taken;
            break;
        case ReductionStep::kMostExpensive:
            if (taken) {
                reductions_.groups.insert(group);
            } else {
                reductions_.groups.erase(group);
            }
            break;
        case ReductionStep::kAll:
            reductions_.all = taken;
            break;
    }
}

// Doubles the previous pause of this step, unless the step was not needed again for at least that long after
// it was taken back.
std::uint64_t OverheadBudget::pause(const std::pair<ReductionStep, std::string>& of, std::uint64_t now_ns) {
    const auto [known, first] = pauses_.try_emplace(of, Pause{kFirstPauseNs, 0});
    Pause& last = known->second;
    if (!first) {
        const bool was_well = now_ns - last.restored_ns > last.length_ns;
        last.length_ns = was_well ? kFirstPauseNs : std::min(2 * last.length_ns, kLongestPauseNs);
    }
    return last.length_ns;
}

BudgetDecision OverheadBudget::reduce(std::uint64_t now_ns) {
    const auto next = next_step();
    const auto& [step, group] = next;
    taken_.push_back({step, group, now_ns + pause(next, now_ns)});
    set(step, group, true);
    return {step, group, false, share().value_or(0), measured_ns()};
}

BudgetDecision OverheadBudget::restore(std::uint64_t now_ns) {
    const Taken last = std::move(taken_.back());
    taken_.pop_back();
    set(last.step, last.group, false);
    pauses_[{last.step, last.group}].restored_ns = now_ns;
    return {last.step, last.group, true, share().value_or(0), measured_ns()};
}

std::optional<BudgetDecision> OverheadBudget::decide(const OverheadSample& sample, bool may_change) {
    add(sample);
    if (!may_change) return std::nullopt;
    std::optional<BudgetDecision> decision;
    if (exceeded() && !reductions_.all) {
        decision = reduce(sample.time_ns);
    } else if (!taken_.empty() && sample.time_ns >= taken_.back().again_ns &&
               measured_ns() >= long_enough_ns_) {
        decision = restore(sample.time_ns);
    }
    if (decision) {
        window_.clear();
        long_enough_ns_ = kSettleNs;
    }
    return decision;
}

}  // namespace flowtap
