// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace flowtap {

// The latest arrival of an event that did not fill the ring buffer up to its mark.
inline constexpr std::chrono::milliseconds kDrainPeriod{50};
// How often the slow work is done: statistics, functions imported since, targets that are gone.
inline constexpr std::chrono::milliseconds kLookPeriod{1000};

}  // namespace flowtap
