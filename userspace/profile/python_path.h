// SPDX-License-Identifier: Apache-2.0
// How a profile writes where a Python value is: "message.labels['queue'][0]".
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "profile/profile.h"

namespace flowtap {

// Why a text is no path, to follow it in a message; and what to write instead.
struct PathFault {
    std::string cause;
    std::string remedy;
};

[[nodiscard]] std::variant<PythonPath, PathFault> parse_python_path(std::string_view text);

// As it is written.
[[nodiscard]] std::string to_text(const PythonPath& path);

}  // namespace flowtap
