// SPDX-License-Identifier: Apache-2.0
// Finds what a point is about in a process.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "profile/profile.h"
#include "python/objects/code_lookup.h"

namespace flowtap {

// A function; or a method, with its overrides in subclasses.
struct Subject {
    std::optional<PythonCode> function;
    std::uint64_t base = 0;  // the class of the method; 0: a function of a module
    Overrides overrides;

    [[nodiscard]] std::vector<PythonCode> functions() const {
        std::vector<PythonCode> all(function ? 1 : 0, function.value_or(PythonCode{}));
        all.insert(all.end(), overrides.functions.begin(), overrides.functions.end());
        return all;
    }
};

// The function that the point names, or the class whose subclasses have such a method. Errors: why there is
// neither.
Result<Subject> find_subject(const CodeLookup& lookup, const Point& point);

}  // namespace flowtap
