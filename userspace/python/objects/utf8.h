// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace flowtap {

// Converts code points of 1, 2 or 4 bytes each (Latin-1, UCS-2, UCS-4: CPython's three kinds, never surrogate
// pairs) to UTF-8. Anything that is not a Unicode scalar value becomes U+FFFD. bytes.size() is a multiple of
// width.
std::string utf8_of_code_units(std::span<const std::byte> bytes, std::size_t width);

}  // namespace flowtap
