// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstddef>

#include "profile/profile.h"
#include "yaml/problems.h"

namespace flowtap {

// Reads one item of `points`; `number` counts from 1. Reports mistakes to `problems`; if it reported any, the
// point must not be used.
[[nodiscard]] Point read_point(const YAML::Node& node, std::size_t number, Runtime runtime,
                               Problems& problems);

}  // namespace flowtap
