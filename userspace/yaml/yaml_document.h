// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>

#include "yaml/problems.h"

namespace flowtap {

// The one YAML document in `text`. Reports mistakes to `problems`, and returns nullopt then. Throws nothing.
[[nodiscard]] std::optional<YAML::Node> read_document(const std::string& text, Problems& problems);

}  // namespace flowtap
