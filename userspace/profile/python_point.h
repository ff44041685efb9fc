// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profile/profile.h"
#include "yaml/map_reader.h"

namespace flowtap {

// Reads the keys that only a cpython point has: function, call, overrides, node_type, ids_at, callers.
void read_python_point(const MapReader& map, Point& point);

}  // namespace flowtap
