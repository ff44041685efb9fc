// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <unordered_map>

namespace flowtap {

// Number of executable pages that each process of the machine has mapped, by PID. A change means that a
// library was loaded or unloaded.
using CodePages = std::unordered_map<pid_t, std::uint32_t>;

// Reads the iterator program `code_pages` for all processes. Empty if it cannot be read.
CodePages read_code_pages(int iterator_link);

}  // namespace flowtap
