// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "code/function_code.h"
#include "process/memory.h"
#include "python/interpreter.h"

namespace flowtap {

// The code that does what an exported function of context variables does: the function itself, and the method
// of ContextVar, which has the same two arguments, where the function is inlined into that.
Result<std::vector<FunctionCode>> variable_functions(const Interpreter& interpreter, const Memory& memory,
                                                     const char* exported, const std::string& method);

}  // namespace flowtap
