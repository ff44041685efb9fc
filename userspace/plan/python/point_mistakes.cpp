// SPDX-License-Identifier: Apache-2.0
#include "plan/python/point_mistakes.h"

#include <utility>

#include "plan/python/function_shape.h"
#include "plan/python/planned_codes.h"
#include "plan/python/planned_paths.h"
#include "plan/python/point_candidates.h"

namespace flowtap {
namespace {

// What is wrong in begins_at and ends_at, if their modules are imported.
std::string wrong_marks(const Point& point, const CodeLookup& lookup) {
    std::string text;
    for (const auto& [key, named] :
         {std::pair("begins_at", &point.begins_at), std::pair("ends_at", &point.ends_at)}) {
        if (named->module.empty() || !lookup.module_dict(named->module)) continue;
        const Result<MarkingCall> call = marking_call(lookup, *named);
        if (call) continue;
        const Error& error = call.error();
        text += (text.empty() ? "" : "; ") + std::string(key) + ": " + error.cause;
        if (!error.remedy.empty()) text += " (" + error.remedy + ")";
    }
    return text;
}

}  // namespace

std::string mistakes_in(const Point& point, const CodeLookup& lookup, const PythonCode& function) {
    std::string text = shape_conflict(point, function);
    const std::string wrong = wrong_variables(lookup, point, function);
    if (!wrong.empty()) text += (text.empty() ? "" : "; ") + wrong;
    if (const std::string marks = wrong_marks(point, lookup); !marks.empty())
        text += (text.empty() ? "" : "; ") + marks;
    if (wrong.empty() || !is_shared(point, function)) return text;
    return text + " (the function found is " + function.qualname + " of " +
           lookup.file_of(function.code_address) + ": that of a decorator, which has no __wrapped__)";
}

bool waits_for_marks(const Point& point, const CodeLookup& lookup) {
    return point.call == CallShape::kBetween &&
           !(lookup.module_dict(point.begins_at.module) && lookup.module_dict(point.ends_at.module));
}

}  // namespace flowtap
