// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "exporter/trace/trace_recording.h"

namespace flowtap {

// Viewers draw one track as a stack: of two spans on it, one encloses the other, or they do not overlap.
using Lane = std::vector<const TraceSpan*>;

inline constexpr std::size_t kMaxSharedLanes = 256;

// Distributes spans over lanes: each, in the order of begins, goes to the first lane where it fits. In a
// lane, spans are in that order, an outer one before inner ones. Beyond kMaxSharedLanes lanes, each span gets
// its own.
std::vector<Lane> lanes_of(std::vector<const TraceSpan*> spans);

}  // namespace flowtap
