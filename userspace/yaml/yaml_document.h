// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>

#include "yaml/problems.h"

namespace flowtap {

// The one YAML document in `text`, or nothing if it is wrong, which is reported to `problems`. Throws
// nothing.
[[nodiscard]] std::optional<YAML::Node> read_document(const std::string& text, Problems& problems);

}  // namespace flowtap
