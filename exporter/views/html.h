// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace flowtap {

// Escapes text for HTML, also inside quotes.
std::string escaped(std::string_view text);

}  // namespace flowtap
