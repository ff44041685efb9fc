// SPDX-License-Identifier: Apache-2.0
// What the BPF programs get to know of a code's roles.
#pragma once

#include <cstdint>

#include "plan/planned/code.h"

namespace flowtap {

// enum ft_code_role, or'ed.
std::uint16_t encode_roles(CodeRoles roles);

}  // namespace flowtap
