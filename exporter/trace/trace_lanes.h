// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "exporter/trace/trace_recording.h"

namespace flowtap {

// Viewers draw one track as a stack: of two spans on it, one lies in the other or they are apart.
using Lane = std::vector<const TraceSpan*>;

inline constexpr std::size_t kMaxSharedLanes = 256;

// Spreads spans over as few lanes as they come to when each, in the order of its begin, takes the first lane
// where it fits; within a lane in that order, an outer span before those in it. Beyond kMaxSharedLanes lanes
// each span has one of its own.
std::vector<Lane> lanes_of(std::vector<const TraceSpan*> spans);

}  // namespace flowtap
