// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <unordered_map>

namespace flowtap {

// How many executable pages each process of the machine has mapped, by PID: a changed count means that a
// library was loaded or unloaded.
using CodePages = std::unordered_map<pid_t, std::uint32_t>;

// Reads the iterator program `code_pages` for all processes; empty where it cannot be read.
CodePages read_code_pages(int iterator_link);

}  // namespace flowtap
