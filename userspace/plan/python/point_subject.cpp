// SPDX-License-Identifier: Apache-2.0
#include "plan/python/point_subject.h"

#include "plan/python/planned_codes.h"
#include "plan/python/planned_paths.h"
#include "plan/python/point_mistakes.h"

namespace flowtap {
namespace {

std::string class_part(const PythonFunction& named) {
    const std::size_t dot = named.qualname.rfind('.');
    return dot == std::string::npos ? "" : named.qualname.substr(0, dot);
}

}  // namespace

Result<Subject> find_subject(const CodeLookup& lookup, const Point& point) {
    Subject subject;
    Result<PythonCode> function = lookup.find_function(point.function.module, point.function.qualname);
    const std::string owner = class_part(point.function);
    const bool of_class = may_be_overridden(point) && !owner.empty() && owner.find('<') == std::string::npos;
    const Result<std::uint64_t> type =
        of_class ? lookup.find_class(point.function.module, owner) : Error{"", "", ""};
    if (!function && !type) return function.error();
    if (function) {
        subject.function = point.call == CallShape::kMethod || point.call == CallShape::kInstance
                               ? *function
                               : below_decorators(lookup, *function, [&](const PythonCode& one) {
                                     return mistakes_in(point, lookup, one).empty();
                                 });
        subject.base = function->owner_type;
    } else {
        subject.base = *type;
    }
    if (point.overrides && subject.base != 0)
        subject.overrides = lookup.find_overrides(subject.base, point.function.name());
    return subject;
}

}  // namespace flowtap
