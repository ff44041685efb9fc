// SPDX-License-Identifier: Apache-2.0
// Numbers formatted for people, in at most eight characters.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace flowtap {

// "12 µs", "3.4 ms", "1.2 s", "2m 3s", "5h 6m"; "–" for nullopt.
std::string duration_text(std::optional<double> seconds);

// Per second or, if that is less than 0.1, per minute: "1,234/s", "0.5/s", "3.0/min"; "0" for zero.
std::string rate_text(double per_second);

// "0.4 %", "12 %"; "0" for zero, "<0.1 %" for less.
std::string share_text(double share);

// "1,234,567".
std::string count_text(std::uint64_t count);

// "1 point", "1,234 points".
std::string counted_text(std::uint64_t count, const std::string& noun);

}  // namespace flowtap
