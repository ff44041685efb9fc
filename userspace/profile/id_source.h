// SPDX-License-Identifier: Apache-2.0
// Parses id sources: the path syntax of workflow_id, workflow_name and node_id.
#pragma once

#include <string_view>

#include "profile/profile.h"
#include "yaml/map_reader.h"

namespace flowtap {

// A Python path. Without a local if the text is not a path, which is reported.
[[nodiscard]] PythonPath read_python_path(std::string_view key, const Text& text, const Scope& scope);

// The id sources of one mapping (a point or a caller). A workflow has no node_id; the caller of this function
// checks keys.
[[nodiscard]] IdSources read_id_sources(const MapReader& map, Runtime runtime);

}  // namespace flowtap
