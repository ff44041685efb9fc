// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profile/profile.h"
#include "yaml/map_reader.h"

namespace flowtap {

// Reads failed_when, failed_with, failed_by and statuses of a Python point whose call is already known.
void read_outcome(const MapReader& map, Point& point);

}  // namespace flowtap
