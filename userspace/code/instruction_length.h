// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

namespace flowtap {

// Of the instruction that these bytes begin with; 0 where none does, or it is cut off by the end.
std::size_t instruction_length(std::span<const std::byte> bytes);

// How far inside that instruction code may enter it, too; 0: nowhere.
std::size_t second_start(std::span<const std::byte> bytes);

}  // namespace flowtap
