// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "base/result.h"

namespace flowtap {

// Bounds on a hand-written file.
struct FileLimits {
    static constexpr std::size_t kFileBytes = 1 << 20;
    static constexpr std::size_t kErrors = 100;  // reported at once; further ones are only counted
};

// All mistakes in one file, by line; never empty. Each message() is one line, "load WHAT FILE:LINE: ...", of
// kind kUsage.
struct LoadErrors {
    std::vector<Error> errors;
};

// The first mistake, with the messages of the others in Error::others.
[[nodiscard]] Error to_error(const LoadErrors& errors);

}  // namespace flowtap
