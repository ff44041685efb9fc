// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profile/profile.h"
#include "yaml/map_reader.h"

namespace flowtap {

// Reads the keys of points with call: variable: the ContextVar, and ids whose paths begin with its value.
void read_variable_point(const MapReader& map, Point& point);

// Refuses `variable` in points of other kinds.
void refuse_variable(const MapReader& map);

}  // namespace flowtap
