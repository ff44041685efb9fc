// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profile/profile.h"
#include "yaml/map_reader.h"

namespace flowtap {

// Reads the keys that only a native point has: function (a symbol), exit, failed_when.
void read_native_point(const MapReader& map, Point& point);

}  // namespace flowtap
