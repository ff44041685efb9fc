// SPDX-License-Identifier: Apache-2.0
// Where the kernel finds the functions of arch/probed_functions.h.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace flowtap {

struct ProbedFunctions {
    std::string file;                   // path by which the kernel finds this program
    std::string mapping;                // address range of their code in this process, such as "7f00-8000"
    std::uint64_t emulated_offset = 0;  // offset in the file
    std::uint64_t single_stepped_offset = 0;
};

// Errors: this program's mappings cannot be read.
Result<ProbedFunctions> find_probed_functions();

}  // namespace flowtap
