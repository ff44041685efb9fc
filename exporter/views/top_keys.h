// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "exporter/views/top_view.h"

namespace flowtap {

enum class KeyMeaning : std::uint8_t { kStay, kQuit };

// Changes the view according to the keys. `keys` is the result of one read; escape sequences, for example of
// arrow keys, are ignored.
KeyMeaning type_keys(TopView& view, std::string_view keys);

// The available keys, one line each.
std::vector<std::string> key_lines();

}  // namespace flowtap
