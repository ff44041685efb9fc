// SPDX-License-Identifier: Apache-2.0
// The keys of a point with call: between.
#pragma once

#include "profile/profile.h"
#include "yaml/map_reader.h"

namespace flowtap {

// Where an execution begins and ends within its function.
void read_between_point(const MapReader& map, Point& point);

// Reports these keys in points of other kinds.
void refuse_between(const MapReader& map);

}  // namespace flowtap
