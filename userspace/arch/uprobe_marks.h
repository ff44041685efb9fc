// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

namespace flowtap {

// Whether memory holds the analysed code, but for what the kernel writes where it places uprobes. Both have
// the same size.
bool same_but_for_uprobes(std::span<const std::byte> analysed, std::span<const std::byte> memory);

}  // namespace flowtap
