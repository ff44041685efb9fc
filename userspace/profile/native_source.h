// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "profile/profile.h"
#include "yaml/map_reader.h"

namespace flowtap {

// Where a native value is: by position, as "arg1 cstring", "arg0->8 string" or "REGISTER->16->0 int32"; or by
// name, as "this->spec.id". "arg1" without a type is for markers, whose notes have the types. Reports text
// that it cannot read, and returns monostate then.
enum class Untyped : bool { kRefused, kAllowed };
[[nodiscard]] IdSource read_native_source(std::string_view key, const Text& text, Untyped untyped,
                                          const Scope& scope);

}  // namespace flowtap
