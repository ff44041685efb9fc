// SPDX-License-Identifier: Apache-2.0
#include "plan/mechanism_choice.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <tuple>

namespace flowtap {

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
    microseconds += more.microseconds;
    least_microseconds += more.least_microseconds;
    return *this;
}

std::string cost_text(const ExpectedCost& cost) {
    const auto number = [](double value) {
        std::array<char, 32> text{};
        std::snprintf(text.data(), text.size(), value < 9.95 ? "%.1f" : "%.0f", value);
        return std::string(text.data());
    };
    const std::string least = number(cost.least_microseconds);
    const std::string most = number(cost.microseconds);
    return "about " + number(cost.hits) + " hits, " + (least == most ? "" : least + " to ") + most + " us";
}

std::optional<std::size_t> choose_mechanism(std::span<const Candidate> candidates, Preference preference) {
    const Exactness enough = preference == Preference::kCheap ? Exactness::kCounts : Exactness::kExact;
    const auto rank = [&](std::size_t index) {
        const Candidate& candidate = candidates[index];
        return std::tuple(std::max(candidate.exactness, enough), candidate.expected.microseconds, index);
    };
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < candidates.size(); i++) {
        if (candidates[i].absent.empty() && (!best || rank(i) < rank(*best))) best = i;
    }
    return best;
}

}  // namespace flowtap
