// SPDX-License-Identifier: Apache-2.0
// Which of the mechanisms that can observe a point is taken: values and a rule, nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "plan/point_mechanism.h"
#include "plan/wishes.h"

namespace flowtap {

// How much of a point's executions a mechanism sees in this interpreter; the better first.
enum class Exactness : std::uint8_t {
    kExact,       // every execution, from its beginning to its end
    kCounts,      // every execution and how it ends, but not all of its time
    kIncomplete,  // not every execution
};

const char* exactness_name(Exactness exactness);

// For one execution of the point. Which of several places is hit is not known; where one of them is dear and
// another is not, that makes a range.
struct ExpectedCost {
    double hits = 0;
    // At most, which the choice goes by, and at least; nullopt: prices are not known.
    std::optional<double> microseconds = 0;
    std::optional<double> least_microseconds = 0;
    double dear_hits = 0;  // of these, at most, that are not emulated

    ExpectedCost& operator+=(const ExpectedCost& more);
};

// "about 39 hits, 31 us", "about 39 hits, 31 to 230 us", "about 39 hits".
std::string cost_text(const ExpectedCost& cost);

// A mechanism that can observe a point, if this interpreter has places for its probes.
struct Candidate {
    PointMechanism mechanism = PointMechanism::kMethodCalls;
    Exactness exactness = Exactness::kExact;
    std::string misses;  // what makes it less than exact; empty: nothing
    std::string absent;  // why there is no place for its probes here; empty: there is
    ExpectedCost expected;
};

// The cheapest of those that see enough: with kComplete everything, with kCheap every execution. Where none
// does, the cheapest of those that see most; of equally dear ones the first. Where prices are not known, the
// one with fewer hits that are not emulated, then with fewer hits, is the cheaper. None: all are absent.
std::optional<std::size_t> choose_mechanism(std::span<const Candidate> candidates, Preference preference);

}  // namespace flowtap
