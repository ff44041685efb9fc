// SPDX-License-Identifier: Apache-2.0
#include "plan/expected_hits.h"

#include <algorithm>
#include <array>
#include <map>

#include "plan/probe_price.h"

namespace flowtap {
namespace {

constexpr unsigned kOldestMinor = 11;

struct Row {
    std::string_view probe;
    std::array<double, 4> hits;  // 3.11, 3.12, 3.13, 3.14
};

// Measured by bench/target_cost.py, which counted the hits of each probe with the Kailash SDK 2.63 on CPython
// 3.11.7, 3.13.5 and 3.14.10. 3.12 was not measured: it has the numbers of 3.13.
// Synchronous nodes: load "chain", per node; most of these calls are calls of other bound methods. Around
// nodes that import modules there are up to 133 calls (load "imports").
// Coroutines: load "mixed", per execution that is a coroutine (four in a run of six nodes); most hits are
// creations, steps and completions of other coroutines. On 3.11 every await is a step, and every generator's
// destruction is a hit; later a step is one of a task, and there are as many destructions as completions.
// Calls of instances, classes and C functions: only the execution's own; others depend on the program.
constexpr auto kTable = std::to_array<Row>({
    {"python:call-entry", {19.5, 20.3, 20.3, 17.3}},
    {"python:call-exit", {19.5, 20.3, 20.3, 17.3}},
    {"python:variable-set", {1.1, 1.1, 1.1, 1.1}},
    {"python:variable-reset", {1.1, 1.1, 1.1, 1.1}},
    {"python:raised", {0.2, 0, 0, 0}},
    {"python:context-set", {1, 1, 1, 1}},
    {"python:context-destroyed", {0, 0, 0, 0}},
    {"python:instance-entry", {1, 1, 1, 1}},
    {"python:instance-exit", {1, 1, 1, 1}},
    {"python:class-call", {1, 1, 1, 1}},
    {"python:class-new", {1, 1, 1, 1}},
    {"python:builtin-call", {1, 1, 1, 1}},
    {"python:step-entry", {26, 3.75, 3.75, 3.75}},
    {"python:step-exit", {26, 3.75, 3.75, 3.75}},
    {"python:created", {22.5, 23, 23, 23}},
    {"python:completion", {0, 25, 25, 25}},
    {"python:destroyed", {22.5, 25, 25, 25}},
    {"python:abandoned", {0, 0, 0, 0}},
    {"python:drive-entry", {0, 0, 0, 0}},
    {"python:drive-exit", {0, 0, 0, 0}},
});

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

double expected_hits(std::string_view probe, unsigned minor) {
    const auto row = std::ranges::find(kTable, probe, &Row::probe);
    if (row == kTable.end()) return 0;
    const unsigned newest = kOldestMinor + static_cast<unsigned>(row->hits.size()) - 1;
    return row->hits.at(std::clamp(minor, kOldestMinor, newest) - kOldestMinor);
}

ExpectedCost expected_cost(std::span<const PlannedProbe> probes, unsigned minor, const Prices& prices) {
    struct Kinds {
        bool emulated = false;
        bool single_stepped = false;
    };
    std::map<std::string_view, Kinds> places;
    for (const PlannedProbe& probe : probes)
        (probe.cost == SiteCost::kEmulated ? places[probe.name].emulated
                                           : places[probe.name].single_stepped) = true;
    ExpectedCost sum;
    for (const auto& [name, kinds] : places) {
        const double hits = expected_hits(name, minor);
        const ExpectedCost cheap = cost_of_hits(hits, SiteCost::kEmulated, prices);
        const ExpectedCost dear = cost_of_hits(hits, SiteCost::kSingleStep, prices);
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
