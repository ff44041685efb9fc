// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace flowtap {

// "engine::run_node" for "_ZN6engine8run_nodeERNS_5GraphE": without return type and parameters, with template
// arguments; Rust's as rust_symbol.h has it. Empty if the name is not a mangled function's, is a clone
// (".cold", ".part.0"), or is absurdly long.
std::string demangled_function_name(std::string_view mangled);

// "run_node" for "engine::run_node<int>".
std::string_view last_identifier(std::string_view qualified_name);

}  // namespace flowtap
