// SPDX-License-Identifier: Apache-2.0
// Reads the key expected_hits of a profile.
#pragma once

#include <span>
#include <string_view>

#include "profile/expected_hits.h"
#include "yaml/map_reader.h"

namespace flowtap {

// The probes that may have a figure: labels of flowtap_probe_hits_total.
std::span<const std::string_view> countable_probes();

// Empty if the profile has no such key.
[[nodiscard]] ExpectedHits read_expected_hits(const MapReader& profile);

}  // namespace flowtap
