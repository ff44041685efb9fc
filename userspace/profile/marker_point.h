// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profile/map_reader.h"
#include "profile/profile.h"

namespace flowtap {

// The keys begin, end, done, key, duration and result of a point; none of them for a point that names a
// function. `ids` are the point's, which must be arguments of the markers then.
[[nodiscard]] Markers read_markers(const MapReader& map, const IdSources& ids);

}  // namespace flowtap
