// SPDX-License-Identifier: Apache-2.0
// Functions that begin by looking at whether there is anything to do.
#pragma once

#include <cstdint>
#include <optional>

#include "code/function/function_code.h"

namespace flowtap {

// "if (done) return;" comes first: the address where the other way begins. None where the function begins
// otherwise, or where both ways, or neither, only return: restore what was saved, and `ret`.
std::optional<std::uint64_t> way_past_early_return(const FunctionCode& function);

// Whether the second address is reached through the first alone, by straight code.
bool leads_alone(const FunctionCode& function, std::uint64_t first, std::uint64_t second);

}  // namespace flowtap
