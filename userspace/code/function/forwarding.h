// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "code/function/function_code.h"

namespace flowtap {

// Where a function goes on by its only way out, a jump to one other function: 3.14's method_vectorcall as
// clang compiles it unpacks the method, and leaves the rest to _PyObject_VectorcallPrepend. None where it
// also returns, jumps to several, or to what is not known.
std::optional<std::uint64_t> forwards_to(const FunctionCode& function);

}  // namespace flowtap
