// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "code/code_source.h"

namespace flowtap {

// What is known of well-known functions that do not return: of the C and C++ run-time libraries and of
// CPython.
CalleeFate fate_of_named_call(std::string_view name);

}  // namespace flowtap
