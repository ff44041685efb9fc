// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace flowtap {

// How often the ring buffer is drained if it does not fill up to its wake-up mark before that.
inline constexpr std::chrono::milliseconds kDrainPeriod{50};
// How often targets are polled and statistics are published.
inline constexpr std::chrono::milliseconds kPollPeriod{1000};

}  // namespace flowtap
