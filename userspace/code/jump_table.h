// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "code/code_source.h"

namespace flowtap {

struct JumpTable {
    // Where the jump may go; empty if a table is used but its base or size is not in sight.
    std::vector<uint64_t> targets;
};

// Recognises how GCC and Clang compile a switch. `run`: the addresses of the instructions that lead straight
// to the indirect jump, which is the last. None if nothing suggests a table.
std::optional<JumpTable> find_jump_table(const CodeSource& source, std::span<const uint64_t> run);

}  // namespace flowtap
