// SPDX-License-Identifier: Apache-2.0
#include "plan/mechanism_choice.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <tuple>
#include <utility>

namespace flowtap {
namespace {

std::optional<double> sum(std::optional<double> one, std::optional<double> other) {
    if (!one || !other) return std::nullopt;
    return *one + *other;
}

bool is_available(const Candidate& candidate) { return candidate.absent.empty(); }

// From the one that usually costs least to the one that usually costs most: calls that only the execution
// itself makes; context variables, which few programs set; coroutines, whose completions are cheaper than
// their steps; calls of bound methods, of which there are many; hardware watches, whose hits are the most
// expensive.
constexpr auto kUsualOrder = std::to_array<PointMechanism>({
    PointMechanism::kMarkingCalls,
    PointMechanism::kInstanceCalls,
    PointMechanism::kContextVariable,
    PointMechanism::kContextValues,
    PointMechanism::kCoroutineLifetimes,
    PointMechanism::kCoroutineSteps,
    PointMechanism::kGeneratorLifetimes,
    PointMechanism::kMethodCalls,
    PointMechanism::kBytecodeWatches,
});

// Compares costs: lower is better.
using CostRank = std::pair<double, double>;

CostRank usual_rank(const Candidate& candidate) {
    return {std::ranges::find(kUsualOrder, candidate.mechanism) - kUsualOrder.begin(), 0};
}

// The ranks of the available candidates are those of one kind.
std::function<CostRank(const Candidate&)> cost_rank_for(std::span<const Candidate> candidates) {
    const auto all_have = [&](auto known) {
        return std::ranges::all_of(candidates,
                                   [&](const Candidate& one) { return !is_available(one) || known(one); });
    };
    if (!all_have([](const Candidate& one) { return one.expected.has_value(); })) return usual_rank;
    if (all_have([](const Candidate& one) { return one.expected->microseconds.has_value(); }))
        return [](const Candidate& one) { return CostRank(*one.expected->microseconds, 0); };
    return [](const Candidate& one) { return CostRank(one.expected->expensive_hits, one.expected->hits); };
}

}  // namespace

const char* exactness_name(Exactness exactness) {
    switch (exactness) {
        case Exactness::kExact:
            return "exact";
        case Exactness::kCounts:
            return "counts";
        case Exactness::kIncomplete:
            return "incomplete";
    }
    return "unknown";
}

ExpectedCost& ExpectedCost::operator+=(const ExpectedCost& more) {
    hits += more.hits;
    expensive_hits += more.expensive_hits;
    microseconds = sum(microseconds, more.microseconds);
    least_microseconds = sum(least_microseconds, more.least_microseconds);
    return *this;
}

std::string cost_text(const ExpectedCost& cost) {
    const auto number = [](double value) {
        std::array<char, 32> text{};
        std::snprintf(text.data(), text.size(), value < 9.95 ? "%.1f" : "%.0f", value);
        return std::string(text.data());
    };
    std::string hits = "about " + number(cost.hits) + " hits";
    if (!cost.microseconds || !cost.least_microseconds) return hits;
    const std::string least = number(*cost.least_microseconds);
    const std::string most = number(*cost.microseconds);
    return hits + ", " + (least == most ? "" : least + " to ") + most + " us";
}

std::optional<std::size_t> choose_mechanism(std::span<const Candidate> candidates, Preference preference) {
    const Exactness enough = preference == Preference::kCheap ? Exactness::kCounts : Exactness::kExact;
    const auto cost_rank = cost_rank_for(candidates);
    const auto rank = [&](std::size_t index) {
        const Candidate& candidate = candidates[index];
        return std::tuple(std::max(candidate.exactness, enough), cost_rank(candidate), index);
    };
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < candidates.size(); i++) {
        if (is_available(candidates[i]) && (!best || rank(i) < rank(*best))) best = i;
    }
    return best;
}

}  // namespace flowtap
