// SPDX-License-Identifier: Apache-2.0
// Functions written in C that Python code calls.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "process/memory.h"

namespace flowtap {

// Run-time address of the code of a method that a class written in C has of its own; Include/methodobject.h:
// struct PyMethodDef.
std::optional<std::uint64_t> c_method(const Memory& memory, std::uint64_t type, std::string_view method);

// The same of a built-in function object; Include/cpython/methodobject.h: PyCFunctionObject.
std::optional<std::uint64_t> c_function(const Memory& memory, std::uint64_t object);

}  // namespace flowtap
