// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace flowtap {

// "demo::Engine::run" and "<demo::Engine as demo::Run>::run" for the symbols of rustc, in its v0 ("_R...")
// and its legacy mangling ("_ZN...17h0123456789abcdefE"), without hash and without generic arguments at the
// end. Empty for other symbols, and for those with a part that is not understood (function and dyn types).
//
// libiberty's rust_demangle() does not fit: it expands a v0 symbol's references to itself without a limit
// (one of 198 bytes gives 29 MB, one of 400 had not ended after 20 seconds), and its callback cannot stop it.
// It also writes methods as "<demo::Engine>::run" and functions with their generic arguments, so that no two
// instances have one name.
std::string rust_function_name(std::string_view mangled);

}  // namespace flowtap
