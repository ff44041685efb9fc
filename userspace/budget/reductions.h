// SPDX-License-Identifier: Apache-2.0
// What of a target is not observed, or by a cheaper mechanism, for what that would cost it.
#pragma once

#include <cstdint>
#include <set>
#include <string>

namespace flowtap {

// In the order in which they are taken.
enum class ReductionStep : std::uint8_t {
    kRunningSeconds,  // running time is not told from suspension
    kComplete,        // the cheapest mechanisms that count, in place of those that time everything
    kDearest,         // the points whose probes cost most
    kAll,             // every point
};

// Label of flowtap_points_reduced.
const char* step_name(ReductionStep step);

struct Reductions {
    bool running_seconds = false;       // left out
    bool complete = false;              // left out
    std::set<std::string> groups = {};  // left out: points that share probes
    bool all = false;                   // left out
    bool operator==(const Reductions&) const = default;

    [[nodiscard]] bool any() const { return running_seconds || complete || all || !groups.empty(); }
};

}  // namespace flowtap
