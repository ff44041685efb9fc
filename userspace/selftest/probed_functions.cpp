// SPDX-License-Identifier: Apache-2.0
#include "selftest/probed_functions.h"

#include <bit>
#include <cstdio>
#include <fstream>

#include "arch/probed_functions.h"

namespace flowtap {

Result<ProbedFunctions> find_probed_functions() {
    const auto emulated = std::bit_cast<std::uint64_t>(&flowtap_selftest_emulated);
    const auto single_stepped = std::bit_cast<std::uint64_t>(&flowtap_selftest_single_stepped);
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        unsigned long start = 0, end = 0, offset = 0;
        if (std::sscanf(line.c_str(), "%lx-%lx %*s %lx", &start, &end, &offset) != 3) continue;
        if (emulated < start || emulated >= end || single_stepped >= end) continue;
        return ProbedFunctions{"/proc/self/exe", line.substr(0, line.find(' ')), emulated - start + offset,
                               single_stepped - start + offset};
    }
    return Error{"find", "the functions of the self-test", "/proc/self/maps does not contain them",
                 "mount /proc"};
}

}  // namespace flowtap
