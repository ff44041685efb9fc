// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>

#include "elf/function_code.h"

namespace flowtap {

// For each instruction, rsp before it minus rsp at the entry, by following the moves of rsp and of rbp as a
// frame pointer. Missing where it is unknown or differs between the ways in. The unwinder's landing pads are
// not ways in: it restores the stack pointer the code there was compiled for.
std::map<uint64_t, int64_t> stack_depths(const std::map<uint64_t, FunctionCode::Node>& nodes, uint64_t entry);

}  // namespace flowtap
