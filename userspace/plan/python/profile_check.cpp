// SPDX-License-Identifier: Apache-2.0
#include "plan/python/profile_check.h"

#include <array>
#include <string>
#include <utility>
#include <variant>

#include "plan/python/module_files.h"
#include "plan/python/planned_paths.h"
#include "profile/python_path.h"

namespace flowtap {
namespace {

std::string text_of(const PythonFunction& function) { return function.module + ":" + function.qualname; }

std::array<std::pair<const char*, PythonPath>, 4> paths_of(const Point& point) {
    const auto path = [](const IdSource& source) {
        const auto* given = std::get_if<PythonPath>(&source);
        return given == nullptr ? PythonPath{} : *given;
    };
    return {{{"workflow_id", path(point.ids.workflow_id)},
             {"workflow_name", path(point.ids.workflow_name)},
             {"node_id", path(point.ids.node_id)},
             {"node_type", point.node_type}}};
}

// Returns the function; if the process does not have it, notes that and returns nullopt.
std::optional<PythonCode> find_or_note(PlannedPoint& planned, const CodeLookup& lookup, pid_t pid,
                                       const std::string& what, const PythonFunction& function) {
    Result<PythonCode> found = lookup.find_function(function.module, function.qualname);
    if (found) return *std::move(found);
    const bool imported = lookup.module_dict(function.module).has_value();
    planned.notes.push_back(
        what + " " + text_of(function) +
        " is left out: " + (imported ? found.error().cause : why_not_imported(lookup, pid, function.module)));
    return std::nullopt;
}

}  // namespace

void note_missing_callers(PlannedPoint& planned, const CodeLookup& lookup, pid_t pid) {
    for (const CallerContext& caller : planned.point.callers) {
        const auto found = find_or_note(planned, lookup, pid, "caller", caller.function);
        if (!found) continue;
        const PythonCode function = below_decorators(lookup, *found, [&](const PythonCode& one) {
            return missing_variable(lookup, one, caller.ids).empty();
        });
        const std::string missing = missing_variable(lookup, function, caller.ids);
        if (missing.empty()) continue;
        planned.notes.push_back("caller " + text_of(caller.function) + " has no local variable " + missing +
                                ": the id comes from another source");
    }
    for (const Carrier& carrier : planned.point.carriers)
        (void)find_or_note(planned, lookup, pid, "carrier", carrier.function);
}

void note_properties(PlannedPoint& planned, const CodeLookup& lookup, std::uint64_t type) {
    for (const auto& [key, path] : paths_of(planned.point)) {
        const bool attribute = path.local == "self" && !path.steps.empty() &&
                               path.steps.front().kind == PathStep::Kind::kAttribute;
        const auto fields = attribute ? lookup.property_fields(type, path.steps.front().name) : std::nullopt;
        if (!fields) continue;
        std::string note = std::string(key) + ": self." + path.steps.front().name +
                           " is a property, whose getter a probe cannot call";
        if (fields->size() == 1)
            note += ": it reads self." + fields->front() + ", which a probe can read: name that";
        planned.notes.push_back(std::move(note));
    }
}

void note_origins(PlannedPoint& planned) {
    for (const auto& [key, path] : paths_of(planned.point))
        if (!path.local.empty()) planned.origins.push_back({key, to_text(path)});
}

}  // namespace flowtap
