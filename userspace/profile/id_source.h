// SPDX-License-Identifier: Apache-2.0
// Where ids come from: the small languages behind workflow_id, workflow_name and node_id.
#pragma once

#include <string_view>

#include "profile/profile.h"
#include "yaml/map_reader.h"

namespace flowtap {

// A path of Python's; without a local, and reported, where the text is none.
[[nodiscard]] PythonPath read_python_path(std::string_view key, const Text& text, const Scope& scope);

// Of one mapping (a point or a caller). A workflow has no node_id: the caller's keys say so.
[[nodiscard]] IdSources read_id_sources(const MapReader& map, Runtime runtime);

}  // namespace flowtap
