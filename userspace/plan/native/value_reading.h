// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plan/access_path.h"
#include "profile/profile.h"

namespace flowtap {

// Whether a function's argument of this type takes two places in a row: a pointer and a length.
[[nodiscard]] bool takes_two_registers(NativeType type);
// Whether a function gets a value of this type by its address: a class with a destructor.
[[nodiscard]] bool is_passed_by_address(NativeType type);

// Ends the path in a reading of this type; kDeclared is none. False where the value there cannot be read so.
[[nodiscard]] bool read_as(AccessPath& place, NativeType type);

}  // namespace flowtap
