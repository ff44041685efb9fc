// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "exporter/views/top_view.h"

namespace flowtap {

enum class KeyMeaning : std::uint8_t { kStay, kQuit };

// What was typed changes the view. `keys` is what one read gave: an escape sequence, of an arrow key for
// example, is no key of ours.
KeyMeaning type_keys(TopView& view, std::string_view keys);

// What can be typed, a line each.
std::vector<std::string> key_lines();

}  // namespace flowtap
