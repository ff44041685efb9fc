// SPDX-License-Identifier: Apache-2.0
// The contract's rules for the labels workflow_id, node_id and node_type.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "pipeline/outcome.h"

namespace flowtap {

inline constexpr std::string_view kUnnamed = "unnamed";

// Whether the engine generated the id, so that each run would be a series: a UUID (8-4-4-4-12 or 32 hex
// digits, any case).
[[nodiscard]] bool is_made_up_id(std::string_view id);

// Whether the engine generated the name: a UUID, or a name with one of the shapes in the engine's profile, in
// which each 'x' stands for one hexadecimal digit.
[[nodiscard]] bool is_made_up_name(std::string_view name, std::span<const std::string> shapes);

// The program's name for its workflow: the id, else the name; nullopt if both are empty or made up.
[[nodiscard]] std::optional<std::string> given_workflow_name(std::string id, std::string name,
                                                             std::span<const std::string> made_up_names);

// The workflow that an execution belongs to.
[[nodiscard]] const std::string& workflow_of(const Identity& identity);

// Leaves no label empty: the id defaults to the type, the type to "unnamed".
[[nodiscard]] NodeIdentity make_node_identity(std::string workflow, std::string id, std::string type);

}  // namespace flowtap
