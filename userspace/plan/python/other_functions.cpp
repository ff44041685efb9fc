// SPDX-License-Identifier: Apache-2.0
#include "plan/python/other_functions.h"

#include <utility>

#include "plan/python/failing_call.h"
#include "plan/python/planned_codes.h"
#include "plan/python/planned_paths.h"
#include "plan/python/profile_check.h"
#include "plan/python/unseen_functions.h"

namespace flowtap {
namespace {

PlannedCode planned_caller(const CodeLookup& lookup, const CallerContext& caller, const PythonCode& found,
                           std::size_t index) {
    const PythonCode function = below_decorators(lookup, found, [&](const PythonCode& one) {
        return missing_variable(lookup, one, caller.ids).empty();
    });
    PlannedCode code = planned_code(lookup, function, index, {CodeRole::kCaller});
    code.workflow_id = resolve(lookup, function, caller.ids.workflow_id);
    code.workflow_name = resolve(lookup, function, caller.ids.workflow_name);
    code.node_id = resolve(lookup, function, caller.ids.node_id);
    return code;
}

}  // namespace

std::vector<PythonCode> passing_functions(const CodeLookup& lookup, const Point& point) {
    std::vector<PythonCode> passing;
    for (const PythonFunction& one : point.passing_on) {
        if (auto known = lookup.find_function(one.module, one.qualname)) passing.push_back(*std::move(known));
    }
    return passing;
}

void add_callers(Plan& plan, PlannedPoint& planned, std::size_t index, const CodeLookup& lookup) {
    for (const CallerContext& caller : planned.point.callers) {
        const auto found = lookup.find_function(caller.function.module, caller.function.qualname);
        if (!found) continue;  // another version of the engine, or not imported: other callers may serve
        lookup.note_code(*found, plan.signs);
        add_code(plan, planned_caller(lookup, caller, *found, index));
    }
}

void add_carriers(Plan& plan, const PlannedPoint& planned, std::size_t index, const CodeLookup& lookup) {
    for (const Carrier& carrier : planned.point.carriers) {
        const auto found = lookup.find_function(carrier.function.module, carrier.function.qualname);
        if (!found) continue;  // as for callers
        const PythonCode function = below_decorators(lookup, *found, [&](const PythonCode& one) {
            return lookup.local_slot(one.code_address, carrier.node).has_value();
        });
        const auto slot = lookup.local_slot(function.code_address, carrier.node);
        if (!slot) continue;
        lookup.note_code(function, plan.signs);
        PlannedCode code = planned_code(lookup, function, index, {CodeRole::kCarrier, CodeRole::kCoroutine});
        code.object_slot = *slot;
        add_code(plan, std::move(code));
    }
}

void add_failing_call(Plan& plan, PlannedPoint& planned, std::size_t index, const CodeLookup& lookup) {
    const auto& named = planned.point.failed_by;
    if (!named) return;
    const Result<PythonCode> function = failing_function(lookup, *named);
    if (!function) return;
    lookup.note_code(*function, plan.signs);
    PlannedCode code = planned_code(lookup, *function, index, {CodeRole::kCoroutine});
    code.fails = {index};
    add_code(plan, std::move(code));
    if (function->owner_type == 0) return;
    lookup.note_subclasses(function->owner_type, plan.signs);
    const auto others = replacements(lookup, function->owner_type, named->name());
    if (others.empty()) return;
    planned.lower_exactness();
    planned.warnings.push_back("failed_by: calls of what replaces it are not seen: " + listed_names(others));
}

}  // namespace flowtap
