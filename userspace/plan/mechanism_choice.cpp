// SPDX-License-Identifier: Apache-2.0
#include "plan/mechanism_choice.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <tuple>
#include <utility>

namespace flowtap {
namespace {

std::optional<double> sum(std::optional<double> one, std::optional<double> other) {
    if (!one || !other) return std::nullopt;
    return *one + *other;
}

bool is_available(const Candidate& candidate) { return candidate.absent.empty(); }

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
    const bool priced = std::ranges::all_of(candidates, [](const Candidate& candidate) {
        return !is_available(candidate) || candidate.expected.microseconds;
    });
    const auto cost = [&](const ExpectedCost& expected) {
        return priced ? std::pair(expected.microseconds.value_or(0), 0.0)
                      : std::pair(expected.expensive_hits, expected.hits);
    };
    const auto rank = [&](std::size_t index) {
        const Candidate& candidate = candidates[index];
        return std::tuple(std::max(candidate.exactness, enough), cost(candidate.expected), index);
    };
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < candidates.size(); i++) {
        if (is_available(candidates[i]) && (!best || rank(i) < rank(*best))) best = i;
    }
    return best;
}

}  // namespace flowtap
