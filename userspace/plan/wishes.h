// SPDX-License-Identifier: Apache-2.0
// What the user wants in every plan.
#pragma once

#include <cstdint>

namespace flowtap {

// The choice between two mechanisms that can observe a point.
enum class Preference : std::uint8_t {
    kComplete,  // the one that counts every execution from the attach on, and measures all of its time
    kCheap,     // the one with the least cost for the target
};

struct PlanWishes {
    Preference preference = Preference::kComplete;
    bool on_use = false;  // no probes before an object exists that executions could use
    bool operator==(const PlanWishes&) const = default;
};

}  // namespace flowtap
