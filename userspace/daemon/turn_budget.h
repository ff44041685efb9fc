// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace flowtap {

// How long one turn of the event loop may spend on work that can wait, in nanoseconds, because events must be
// received meanwhile.
inline constexpr std::uint64_t kLongestTurn = 20'000'000;

}  // namespace flowtap
