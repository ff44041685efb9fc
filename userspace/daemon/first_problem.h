// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"

namespace flowtap {

// The first problem and the number of others, on one line.
inline std::string first_problem(const Error& error) {
    if (error.others.empty()) return error.message();
    return error.message() + "; and " + std::to_string(error.others.size()) +
           " more: see flowtap run --check";
}

}  // namespace flowtap
