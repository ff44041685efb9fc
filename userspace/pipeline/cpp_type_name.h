// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace flowtap {

// "std::runtime_error" for "St13runtime_error", the name in its std::type_info. Ignores a leading '*', by
// which GCC marks names that are not unique. Empty if the text is not a mangled type.
[[nodiscard]] std::string cpp_type_name(const std::string& mangled);

}  // namespace flowtap
