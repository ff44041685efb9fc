// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "profile/profile.h"
#include "yaml/map_reader.h"

namespace flowtap {

// Where a value of native code is: "arg1 cstring", "arg0->8 string", "rdi->16->0 int32" by position, or
// "this->spec.id" by name. "arg1" alone, without a type, is for markers, whose notes have the types. Reports
// what it cannot read and gives monostate then.
enum class Untyped : bool { kRefused, kAllowed };
[[nodiscard]] IdSource read_native_source(std::string_view key, const Text& text, Untyped untyped,
                                          const Scope& scope);

}  // namespace flowtap
