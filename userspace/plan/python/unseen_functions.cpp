// SPDX-License-Identifier: Apache-2.0
#include "plan/python/unseen_functions.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "plan/python/function_shape.h"
#include "plan/python/planned_paths.h"

namespace flowtap {
namespace {

constexpr std::size_t kMostNamed = 5;

// Whether it is a type of object that takes a method's place and is known to call the method as a bound
// method.
bool is_known_keeper(const std::string& type) {
    constexpr std::array<std::string_view, 3> kKnown = {"FunctionWrapper", "BoundFunctionWrapper",
                                                        "partialmethod"};
    return std::ranges::find(kKnown, type) != kKnown.end();
}

}  // namespace

std::string listed_names(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < kMostNamed; ++i) text += (i == 0 ? "" : ", ") + names[i];
    if (names.size() > kMostNamed) text += " and " + std::to_string(names.size() - kMostNamed) + " more";
    return text;
}

std::vector<std::string> replacements(const CodeLookup& lookup, std::uint64_t type,
                                      const std::string& method) {
    const auto calls_super = [&](const PythonCode& one) {
        return lookup.local_slot(one.code_address, "__class__").has_value();
    };
    std::vector<std::string> names;
    for (const PythonCode& one : lookup.find_overrides(type, method).functions)
        if (!calls_super(below_decorators(lookup, one, calls_super))) names.push_back(one.qualname);
    return names;
}

void note_unseen(PlannedPoint& planned, const CodeLookup& lookup, const Subject& subject) {
    std::vector<std::string> names;
    for (const OddMethod& one : subject.overrides.odd)
        names.push_back(one.class_name + " (a " + one.type + ")");
    for (const PythonCode& one : subject.overrides.functions) {
        if (!seen_function(planned.point, lookup, one))
            names.push_back(one.qualname + " (" + kind_of_unseen(planned.point, one) + ")");
    }
    if (names.empty()) return;
    planned.warnings.push_back("not observed, because they are another kind of function: " +
                               planned.point.function.name() + " of " + listed_names(names));
}

void warn_of_replacements(PlannedPoint& planned, const CodeLookup& lookup, const Subject& subject) {
    const Point& point = planned.point;
    if (subject.base == 0 || !subject.function || point.overrides || point.call == CallShape::kInstance)
        return;
    const auto names = replacements(lookup, subject.base, point.function.name());
    if (names.empty()) return;
    planned.warnings.push_back("not observed, unless they call what they replace: " + listed_names(names));
}

void note_kept(PlannedPoint& planned, const Subject& subject) {
    std::vector<std::string> known;
    std::vector<std::string> unknown;
    for (const PythonCode& one : subject.functions()) {
        if (one.kept_by.empty()) continue;
        (is_known_keeper(one.kept_by) ? known : unknown).push_back(one.qualname + " (" + one.kept_by + ")");
    }
    const std::string where =
        "observed where the object that replaces the method calls it as a bound method: ";
    if (!known.empty()) planned.notes.push_back(where + listed_names(known));
    if (!unknown.empty()) planned.warnings.push_back("only " + where + listed_names(unknown));
}

}  // namespace flowtap
