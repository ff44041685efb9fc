// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "elf/elf_file.h"

namespace flowtap {

// Whether the Go compiler made the function at that address. False for C functions linked into a Go program.
bool is_go_function(const ElfFile& elf, std::uint64_t address);

inline constexpr const char* kWhyNoGo =
    "it is a Go function: goroutines' stacks are moved as they grow, so no place on one names an execution, "
    "and its "
    "arguments are not where C has them";

}  // namespace flowtap
