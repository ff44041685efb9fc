// SPDX-License-Identifier: Apache-2.0
// The syntax of paths to Python values: "message.labels['queue'][0]".
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "profile/profile.h"

namespace flowtap {

// Why a text is not a path, for use in a message, and what to write instead.
struct PathFault {
    std::string cause;
    std::string remedy;
};

[[nodiscard]] std::variant<PythonPath, PathFault> parse_python_path(std::string_view text);

// In the syntax of the profile.
[[nodiscard]] std::string to_text(const PythonPath& path);

}  // namespace flowtap
