// SPDX-License-Identifier: Apache-2.0
// Functions written in C that Python code calls.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "process/memory.h"

namespace flowtap {

// Run-time address of the code of a method in the class's own dict, if it is written in C;
// Include/methodobject.h: struct PyMethodDef.
std::optional<std::uint64_t> c_method(const Memory& memory, std::uint64_t type, std::string_view method);

// The same for a built-in function object; Include/cpython/methodobject.h: PyCFunctionObject.
std::optional<std::uint64_t> c_function(const Memory& memory, std::uint64_t object);

}  // namespace flowtap
