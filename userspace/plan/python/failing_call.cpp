// SPDX-License-Identifier: Apache-2.0
#include "plan/python/failing_call.h"

#include <utility>

#include "plan/python/planned_paths.h"

namespace flowtap {
namespace {

Error not_seen(const PythonFunction& named, std::string cause) {
    return {"find", named.module + ":" + named.qualname, std::move(cause),
            "write failed_when or failed_with, or give the function a point of its own with call: function",
            Error::Kind::kNoTarget};
}

}  // namespace

Result<PythonCode> failing_function(const CodeLookup& lookup, const PythonFunction& named) {
    const Result<PythonCode> found = lookup.find_function(named.module, named.qualname);
    if (!found) return found.error();
    const auto fits = [&](const PythonCode& one) {
        return one.coroutine && (one.qualname == named.qualname || one.written_as(named.name()));
    };
    PythonCode function = below_decorators(lookup, *found, fits);
    if (fits(function)) return function;
    if (function.coroutine)
        return not_seen(named, "it is a decorator's function, which other functions run as well");
    return not_seen(named, "a call from Python code passes a probe site only if it makes a coroutine");
}

std::string failing_call_text(const Error& error) {
    return "failed_by: " + error.cause + (error.remedy.empty() ? "" : " (" + error.remedy + ")");
}

}  // namespace flowtap
