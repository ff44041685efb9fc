// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <unordered_map>

namespace flowtap {

// How many pages of code each process of the machine has mapped, by its number: another count means that a
// library was loaded or unloaded.
using CodePages = std::unordered_map<pid_t, std::uint32_t>;

// What the iterator program `code_pages` says of all processes at this moment, read by its link; empty where
// it cannot be read.
CodePages read_code_pages(int iterator_link);

}  // namespace flowtap
