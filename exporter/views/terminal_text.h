// SPDX-License-Identifier: Apache-2.0
// Fits text of unknown origin into columns of a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace flowtap {

enum class Align { kLeft, kRight };

// Makes the text exactly this wide: padded, or cut with an ellipsis. Replaces what a terminal could take for
// a command, or would show at another place: bytes that are not UTF-8, control characters (C0, DEL, C1), and
// characters without a shape of their own (directional overrides, zero width).
std::string fitted(std::string_view text, std::size_t columns, Align align = Align::kLeft);

// The same without padding.
std::string shortened(std::string_view text, std::size_t columns);

// Width in columns of a text that is already cleaned.
std::size_t columns_of(std::string_view text);

// For a terminal that may not support UTF-8: the same columns in ASCII, with "?" for characters without an
// equivalent.
std::string in_ascii(std::string_view line);

}  // namespace flowtap
