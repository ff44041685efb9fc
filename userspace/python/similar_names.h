// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flowtap {

// The names that a user who wrote `wanted` may have meant: a few letters apart, the nearest first; at most
// three.
[[nodiscard]] std::vector<std::string> similar_names(std::string_view wanted,
                                                     std::span<const std::string> names);

// "; is it run_job?", to append to a message; empty if nothing is similar.
[[nodiscard]] std::string suggestion(std::string_view wanted, std::span<const std::string> names);

}  // namespace flowtap
