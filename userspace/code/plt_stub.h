// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "code/code_source.h"

namespace flowtap {

// Address of the slot that a PLT stub jumps through. None for other code.
std::optional<uint64_t> slot_of_plt_stub(const CodeSource& source, uint64_t stub);

}  // namespace flowtap
