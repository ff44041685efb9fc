// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "machine/machine_facts.h"

namespace flowtap {

// {"mechanisms": [{"name", "available", "reason", "remedy", "fired", "triggered"}...],
//  "prices_seconds": {"emulated", ...}, "untried": "..."}; null for a price that was not measured.
nlohmann::json to_json(const MachineFacts& facts);
nlohmann::json to_json(const Prices& prices);
// nullopt: the JSON was not made by to_json().
std::optional<MachineFacts> facts_of(const nlohmann::json& json);

}  // namespace flowtap
