// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profile/profile.h"
#include "yaml/map_reader.h"

namespace flowtap {

// Whether executions begin in one function and end in another: the keys begin and end, where they are no
// markers.
[[nodiscard]] bool names_two_functions(const MapReader& map);

// The keys key, end_key and result of a point that names functions, and what may not stand beside them.
[[nodiscard]] KeyedFunction read_keyed_function(const MapReader& map);

}  // namespace flowtap
