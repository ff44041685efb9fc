// SPDX-License-Identifier: Apache-2.0
// The mechanisms of one target that the overhead budget excludes.
#pragma once

#include <cstdint>
#include <set>
#include <string>

namespace flowtap {

// In the order in which the budget takes them.
enum class ReductionStep : std::uint8_t {
    kRunningSeconds,  // leaves out the running time of asynchronous nodes
    kComplete,        // replaces --prefer complete by cheap
    kMostExpensive,   // leaves out the group with the most expensive probes
    kAll,             // leaves out every point
};

// Value of the label `reason` of flowtap_points_reduced.
const char* step_name(ReductionStep step);

struct Reductions {
    bool running_seconds = false;
    bool complete = false;
    std::set<std::string> groups = {};  // see probe_groups.h
    bool all = false;
    bool operator==(const Reductions&) const = default;

    [[nodiscard]] bool any() const { return running_seconds || complete || all || !groups.empty(); }
};

}  // namespace flowtap
