// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace flowtap {

// The noun as it stands after that number: "point", "points"; "process", "processes"; "watch", "watches".
inline std::string plural(std::uint64_t count, const std::string& noun) {
    if (count == 1) return noun;
    return noun + (noun.ends_with('s') || noun.ends_with('h') ? "es" : "s");
}

// "1 point", "2 points".
inline std::string counted(std::uint64_t count, const std::string& noun) {
    return std::to_string(count) + " " + plural(count, noun);
}

}  // namespace flowtap
