// SPDX-License-Identifier: Apache-2.0
// Text of unknown origin in the columns of a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace flowtap {

enum class Align { kLeft, kRight };

// Exactly so many columns: padded, or cut with an ellipsis. What a terminal could take for a command, or
// would show where it does not stand, is replaced: bytes that are no UTF-8, controls (C0, DEL, C1), and
// characters without a shape of their own (directional overrides, zero width).
std::string fitted(std::string_view text, std::size_t columns, Align align = Align::kLeft);

// The same without padding.
std::string shortened(std::string_view text, std::size_t columns);

// How many columns a text takes that is already so cleaned.
std::size_t columns_of(std::string_view text);

// For a terminal that may not know UTF-8: the same columns in ASCII; "?" for what that has no sign for.
std::string in_ascii(std::string_view line);

}  // namespace flowtap
