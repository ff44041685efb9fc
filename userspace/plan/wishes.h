// SPDX-License-Identifier: Apache-2.0
// What the user asks of every plan.
#pragma once

#include <cstdint>

namespace flowtap {

// Of two mechanisms that can observe a point.
enum class Preference : std::uint8_t {
    kComplete,  // the one that counts every execution from the moment of the attach, and times all of it
    kCheap,     // the one that costs the target least
};

struct PlanWishes {
    Preference preference = Preference::kComplete;
    bool on_use = false;  // no probes before there is an object that an execution could happen to
    bool operator==(const PlanWishes&) const = default;
};

}  // namespace flowtap
