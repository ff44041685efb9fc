// SPDX-License-Identifier: Apache-2.0
// The function that a point's failed_by names: an execution that calls it has failed.
#pragma once

#include <string>

#include "base/result.h"
#include "profile/profile.h"
#include "python/objects/code_lookup.h"

namespace flowtap {

// The function, below its decorators. Only calls of coroutine functions are seen, where their coroutines are
// created. Errors: kNoTarget.
Result<PythonCode> failing_function(const CodeLookup& lookup, const PythonFunction& named);

// What to tell people about such an error.
std::string failing_call_text(const Error& error);

}  // namespace flowtap
