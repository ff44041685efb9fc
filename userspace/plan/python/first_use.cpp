// SPDX-License-Identifier: Apache-2.0
#include "plan/python/first_use.h"

#include <algorithm>

namespace flowtap {
namespace {

bool needs_object(const PythonCode& method) { return method.owner_type != 0 && !method.unbound; }

bool may_be_called(const Point& point, const CodeLookup& lookup, const PythonCode& method,
                   bool or_its_overrides, UnchangedWords& signs) {
    // The function has already run, on whatever object.
    if (lookup.run_mark(method.code_address) && !lookup.never_run(method.code_address, signs)) return true;
    const auto inheriting =
        lookup.find_inheriting(method.owner_type, point.function.name(), or_its_overrides);
    return std::ranges::any_of(inheriting,
                               [&](std::uint64_t type) { return !lookup.never_made(type, signs); });
}

}  // namespace

bool waits_for_objects(const Point& point, const CodeLookup& lookup, const PythonCode& method,
                       UnchangedWords& signs) {
    UnchangedWords first;
    if (may_be_called(point, lookup, method, false, first)) return false;
    signs.add(first);
    return true;
}

bool costs_while_idle(const Point& point, const PythonCode& method) {
    return point.call == CallShape::kFunction && needs_object(method);
}

bool is_unused(const Profile& profile, const CodeLookup& lookup, UnchangedWords& signs) {
    UnchangedWords first;
    for (const Point& point : profile.points) {
        if (point.call == CallShape::kVariable || point.call == CallShape::kBetween) return false;
        const auto function = lookup.find_function(point.function.module, point.function.qualname);
        if (!function) continue;  // not imported
        if (!needs_object(*function) || may_be_called(point, lookup, *function, true, first)) return false;
    }
    signs.add(first);
    return true;
}

bool subclasses_matter(const Point& point, const PlanWishes& wishes) {
    return point.overrides || wishes.on_use || wishes.preference == Preference::kCheap ||
           point.call == CallShape::kInstance;
}

}  // namespace flowtap
