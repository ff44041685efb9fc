// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "code/function/function_code.h"
#include "process/memory.h"
#include "python/interpreter.h"

namespace flowtap {

// The code of an exported function of context variables: the function itself, and the method of ContextVar
// with the same two arguments, if the function is inlined into it.
Result<std::vector<FunctionCode>> variable_functions(const Interpreter& interpreter, const Memory& memory,
                                                     const char* exported, const std::string& method);

}  // namespace flowtap
