// SPDX-License-Identifier: Apache-2.0
// Functions of our own that are there to be probed, at their first instruction.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

extern "C" {
void flowtap_selftest_emulated();
void flowtap_selftest_single_stepped();
}

namespace flowtap {

struct ProbedFunctions {
    std::string file;                   // by which the kernel finds this program
    std::string mapping;                // "7f00-8000" in hexadecimal: of their code, in this process
    std::uint64_t emulated_offset = 0;  // in the file
    std::uint64_t single_stepped_offset = 0;
};

// Errors: this program's mappings cannot be read.
Result<ProbedFunctions> find_probed_functions();

}  // namespace flowtap
