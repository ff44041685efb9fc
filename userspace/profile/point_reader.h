// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstddef>

#include "profile/profile.h"
#include "yaml/problems.h"

namespace flowtap {

// Reads one item of `points`, the `number`th (from 1). What is wrong goes to `problems`; the point is
// meaningful only if nothing was.
[[nodiscard]] Point read_point(const YAML::Node& node, std::size_t number, Runtime runtime,
                               Problems& problems);

}  // namespace flowtap
