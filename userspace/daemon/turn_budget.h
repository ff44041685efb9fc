// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace flowtap {

// How long one turn of the event loop may spend on work that can wait, because events must be received
// meanwhile. ns
inline constexpr std::uint64_t kLongestTurn = 20'000'000;

}  // namespace flowtap
