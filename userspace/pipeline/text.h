// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "bpf/event.h"

namespace flowtap {

// A text from a target as a label value: valid UTF-8 without control characters, whatever the bytes are.
// Control characters (C0, DEL, C1) become a visible \xNN, and what is no code point becomes U+FFFD. A
// text cut short by the kernel loses its last, partial code point and ends in U+2026.
// Empty where there is no text: none asked for, nothing read, or an integer of fewer than eight bytes.
[[nodiscard]] std::string to_label(const ft_text& text);

// Likewise text of other origin, as UTF-8; cut after max_bytes bytes, before any are replaced.
[[nodiscard]] std::string clean_label(std::string_view text, std::size_t max_bytes);

}  // namespace flowtap
