// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flowtap {

// Those that a person may have meant who wrote `wanted`: a few letters apart, the nearest first; at most
// three.
[[nodiscard]] std::vector<std::string> similar_names(std::string_view wanted,
                                                     std::span<const std::string> names);

// "; is it run_job?", to follow a message; empty where nothing is similar.
[[nodiscard]] std::string suggestion(std::string_view wanted, std::span<const std::string> names);

}  // namespace flowtap
