// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profile/profile.h"
#include "yaml/map_reader.h"

namespace flowtap {

// Whether a point names markers: done, or a begin or end with a colon, as in provider:name.
[[nodiscard]] bool names_markers(const MapReader& map);

// The keys begin, end, done, key, duration and result of a point that names markers. `ids` are the point's,
// which must be arguments of the markers.
[[nodiscard]] Markers read_markers(const MapReader& map, const IdSources& ids);

}  // namespace flowtap
