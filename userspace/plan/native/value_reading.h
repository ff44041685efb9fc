// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plan/access_path.h"
#include "profile/profile.h"

namespace flowtap {

// Whether an argument of this type takes two consecutive places: a pointer and a length.
[[nodiscard]] bool takes_two_registers(NativeType type);
// Whether an argument of this type is passed by its address: a class with a destructor.
[[nodiscard]] bool is_passed_by_address(NativeType type);

// Completes the path with a read of this type; kDeclared is not one. Returns false if the value there cannot
// be read as this type.
[[nodiscard]] bool read_as(AccessPath& place, NativeType type);

}  // namespace flowtap
