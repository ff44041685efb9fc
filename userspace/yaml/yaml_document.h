// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>

#include "yaml/problems.h"

namespace flowtap {

// The one YAML document of `text`, or nothing after a report to `problems`. No exception leaves it.
[[nodiscard]] std::optional<YAML::Node> read_document(const std::string& text, Problems& problems);

}  // namespace flowtap
