// SPDX-License-Identifier: Apache-2.0
// The names of the built-in exception classes lie in the interpreter's file. A forked process has a page of
// that in its memory only after it has touched it, and probes cannot read what is not there.
#pragma once

#include <cstdint>
#include <vector>

#include "process/memory.h"
#include "python/interpreter.h"

namespace flowtap {

// An address in each page that has such names. Whoever reads it through Memory has the kernel map the page.
std::vector<std::uint64_t> error_name_pages(const Interpreter& interpreter, const Memory& memory);

// Maps these pages of another process that runs the same interpreter at the same place.
void map_pages(const std::vector<std::uint64_t>& pages, const Memory& memory);

}  // namespace flowtap
