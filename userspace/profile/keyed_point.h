// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profile/profile.h"
#include "yaml/map_reader.h"

namespace flowtap {

// Whether executions begin in one function and end in another: keys begin and end that are not markers.
[[nodiscard]] bool names_two_functions(const MapReader& map);

// Reads the keys key, end_key and result of a point that names functions, and refuses keys that cannot be
// combined with them.
[[nodiscard]] KeyedFunction read_keyed_function(const MapReader& map);

}  // namespace flowtap
