// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace flowtap {

// "std::runtime_error" for "St13runtime_error", the name in its std::type_info. A '*' in front, by which GCC
// marks names that are not unique, is no part of it. Empty for what is no mangled type.
[[nodiscard]] std::string cpp_type_name(const std::string& mangled);

}  // namespace flowtap
