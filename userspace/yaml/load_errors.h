// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "base/result.h"

namespace flowtap {

// Bounds on a file that is written by hand.
struct FileLimits {
    static constexpr std::size_t kFileBytes = 1 << 20;
    static constexpr std::size_t kErrors = 100;  // reported at once; the rest is counted
};

// Everything that is wrong with one file, by line; never empty. Each message() is one line,
// "load WHAT FILE:LINE: ...", of kind kUsage.
struct LoadErrors {
    std::vector<Error> errors;
};

// The first of them, carrying the messages of the rest in Error::others.
[[nodiscard]] Error to_error(const LoadErrors& errors);

}  // namespace flowtap
