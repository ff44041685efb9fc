// SPDX-License-Identifier: Apache-2.0
// Chooses among the mechanisms that can observe a point. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "plan/point_mechanism.h"
#include "plan/wishes.h"

namespace flowtap {

// How much of a point's executions a mechanism sees in this interpreter; the best first.
enum class Exactness : std::uint8_t {
    kExact,       // every execution, from its beginning to its end
    kCounts,      // every execution and how it ends, but not all of its time
    kIncomplete,  // not every execution
};

const char* exactness_name(Exactness exactness);

// For one execution of the point. If a hit may be at one of several places with different costs, the cost is
// a range.
struct ExpectedCost {
    double hits = 0;
    // The maximum, which the choice uses, and the minimum; nullopt: prices are unknown.
    std::optional<double> microseconds = 0;
    std::optional<double> least_microseconds = 0;
    double expensive_hits = 0;  // of these, the maximum number that are not emulated

    ExpectedCost& operator+=(const ExpectedCost& more);
};

// "about 39 hits, 31 us", "about 39 hits, 31 to 230 us", "about 39 hits".
std::string cost_text(const ExpectedCost& cost);

// A mechanism that can observe a point if this interpreter has places for its probes.
struct Candidate {
    PointMechanism mechanism = PointMechanism::kMethodCalls;
    Exactness exactness = Exactness::kExact;
    std::string misses;                    // what makes it less than exact; empty: it is exact
    std::string absent;                    // why this interpreter has no place for its probes; empty: it has
    std::optional<ExpectedCost> expected;  // nullopt: the profile does not say how often its probes fire
};

// The cheapest mechanism that sees enough: with kComplete everything, with kCheap every execution. If none
// sees enough, the cheapest of those that see most. Ties: the first. If prices are unknown, the cheaper one
// is the one with fewer hits that are not emulated, then with fewer hits. If the cost of one is unknown, the
// cheaper one is the one that usually costs less. nullopt: all are absent.
std::optional<std::size_t> choose_mechanism(std::span<const Candidate> candidates, Preference preference);

}  // namespace flowtap
