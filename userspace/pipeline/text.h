// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "bpf/event.h"

namespace flowtap {

// A text from a target as a label value: valid UTF-8 without control characters, whatever the bytes are.
// Control characters (C0, DEL, C1) become a visible \xNN, and invalid sequences become U+FFFD. A text
// truncated by the kernel loses its last, partial code point and ends in U+2026. Empty if there is no text:
// none was wanted, nothing could be read, or an integer has fewer than eight bytes.
[[nodiscard]] std::string to_label(const ft_text& text);

// The same for other UTF-8 text; truncated to max_bytes bytes before anything is replaced.
[[nodiscard]] std::string clean_label(std::string_view text, std::size_t max_bytes);

}  // namespace flowtap
