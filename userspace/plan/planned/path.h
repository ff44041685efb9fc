// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "profile/profile.h"
#include "python/objects/variable.h"

namespace flowtap {

// A path of a profile, resolved against one code object of one process. Hashes are those of strings in that
// process; 0: unknown.
struct PlannedPath {
    struct Step {
        PathStep step;
        std::uint64_t hash = 0;  // of its name
        bool operator==(const Step&) const = default;
    };
    Variable variable;       // empty: the code has no such variable, but a call may still pass it by name
    std::uint64_t hash = 0;  // of the variable's name
    std::vector<Step> steps;
};

}  // namespace flowtap
