// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "code/function/function_code.h"
#include "python/interpreter.h"

namespace flowtap {

// Addresses of the calls of _PyErr_WarnUnawaitedCoroutine() outside of _PyGen_Finalize() itself: in copies
// that profile-guided builds inline, above all into gen_dealloc(). Coroutines that are destroyed before they
// ran pass no other site there. Empty if that function is not found.
std::vector<std::uint64_t> inlined_warnings(const Interpreter& interpreter, const FunctionCode& finalize);

}  // namespace flowtap
