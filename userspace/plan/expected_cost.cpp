// SPDX-License-Identifier: Apache-2.0
#include "plan/expected_cost.h"

#include <map>
#include <string_view>

#include "plan/probe_price.h"

namespace flowtap {
namespace {

// A probe that almost never fires costs nothing at any price.
std::optional<double> in_microseconds(double hits, std::optional<double> price) {
    constexpr double kMicrosecondsPerSecond = 1e6;
    if (hits == 0) return 0;
    if (!price) return std::nullopt;
    return hits * *price * kMicrosecondsPerSecond;
}

ExpectedCost cost_of_hits(double hits, SiteCost cost, const Prices& prices) {
    const std::optional<double> microseconds = in_microseconds(hits, price_of(cost, prices));
    return {hits, microseconds, microseconds, cost == SiteCost::kEmulated ? 0 : hits};
}

}  // namespace

std::optional<ExpectedCost> expected_cost(std::span<const PlannedProbe> probes, const ExpectedHits& expected,
                                          unsigned minor, const Prices& prices) {
    struct Kinds {
        bool emulated = false;
        bool single_stepped = false;
    };
    std::map<std::string_view, Kinds> places;
    for (const PlannedProbe& probe : probes) {
        Kinds& kinds = places[probe.name];
        (probe.cost == SiteCost::kEmulated ? kinds.emulated : kinds.single_stepped) = true;
    }
    ExpectedCost sum;
    for (const auto& [name, kinds] : places) {
        const std::optional<double> hits = expected.of(name, minor);
        if (!hits) return std::nullopt;
        const ExpectedCost cheap = cost_of_hits(*hits, SiteCost::kEmulated, prices);
        const ExpectedCost dear = cost_of_hits(*hits, SiteCost::kSingleStep, prices);
        ExpectedCost cost = kinds.single_stepped ? dear : cheap;
        if (kinds.emulated) cost.least_microseconds = cheap.least_microseconds;
        sum += cost;
    }
    return sum;
}

ExpectedCost watched_call_cost(const Prices& prices) {
    // The begin, and at least two (at most four) accesses to the reference count.
    constexpr double kFewest = 3;
    constexpr double kMost = 5;
    return {kMost, in_microseconds(kMost, prices.hardware_watch),
            in_microseconds(kFewest, prices.hardware_watch), kMost};
}

}  // namespace flowtap
