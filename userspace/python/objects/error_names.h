// SPDX-License-Identifier: Apache-2.0
// The names of the built-in exception classes are in the interpreter's file. A forked process has a page of
// that in its memory only after it has touched it, and probes cannot read a page that is not mapped in.
#pragma once

#include <cstdint>
#include <vector>

#include "process/memory.h"
#include "python/interpreter.h"

namespace flowtap {

// An address in each page with such names. Reading it through Memory makes the kernel map the page.
std::vector<std::uint64_t> error_name_pages(const Interpreter& interpreter, const Memory& memory);

// Maps these pages in another process that runs the same interpreter at the same address.
void map_pages(const std::vector<std::uint64_t>& pages, const Memory& memory);

}  // namespace flowtap
