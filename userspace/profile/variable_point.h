// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profile/profile.h"
#include "yaml/map_reader.h"

namespace flowtap {

// What is particular to points with call: variable: the ContextVar, and ids that begin with its value.
void read_variable_point(const MapReader& map, Point& point);

// Refuses `variable` where the point is no such.
void refuse_variable(const MapReader& map);

}  // namespace flowtap
