// SPDX-License-Identifier: Apache-2.0
#include "plan/native/native_plan.h"

#include <algorithm>
#include <utility>

#include "elf/symbols/rust_symbol.h"
#include "elf/symbols/wildcard.h"
#include "plan/native/function_pair.h"
#include "plan/native/marker_plan.h"
#include "plan/native/native_binary.h"
#include "plan/native/native_entry.h"
#include "plan/native/native_exits.h"
#include "plan/native/native_functions.h"

namespace flowtap {
namespace {

constexpr const char* kUretprobeDanger =
    "exit: uretprobe rewrites return addresses: the target dies if an exception or a stack switch passes "
    "this "
    "function, and returns nested deeper than 64 are not seen";

constexpr const char* kCoroutine =
    "it is a coroutine: its call returns when it is first suspended, and that is what is counted and timed; "
    "name "
    "functions that are called where it begins and ends (begin, end, key)";

constexpr const char* kRustPositions =
    "an optimiser may drop or split parameters of Rust functions that are only called directly: their "
    "positions may then differ from those in the source; names, which come from debug information, stay "
    "right";

bool reads_by_position(const Point& point) {
    const auto by_position = [](const IdSource& source) {
        return std::holds_alternative<NativeArgument>(source);
    };
    return by_position(point.ids.workflow_id) || by_position(point.ids.workflow_name) ||
           by_position(point.ids.node_id) || by_position(point.keyed.key);
}

// The probes at a function's exits. The error names a way out that cannot be observed.
Result<std::vector<PlannedProbe>> exit_probes(const NativeBinary& binary, const FunctionCode& code,
                                              PlannedPoint& planned, std::size_t index) {
    std::vector<PlannedProbe> probes;
    const Point& point = planned.point;
    if (point.exit == ExitRule::kUretprobe) {
        Site entry;
        entry.address = code.entry();
        entry.cost = SiteCost::kEmulated;
        entry.reason = "the profile asks for a kernel return probe";
        probes.push_back(probe_at(binary, entry, point, "return", KernelReturn{}, index));
        return probes;
    }
    const ReturnValue value =
        point.failure == FailureRule::kNever ? ReturnValue::kNotNeeded : ReturnValue::kNeeded;
    Result<NativeExits> exits = native_exits(*binary.elf, code, value);
    if (!exits) return exits.error();
    for (const NativeExit& exit : exits->exits) {
        probes.push_back(probe_at(binary, exit.site, planned.point, "exit",
                                  FunctionExit{.keyed = point.keyed.is_keyed(), .flags = exit.flags}, index));
    }
    std::ranges::move(exits->warnings, std::back_inserter(planned.warnings));
    return probes;
}

// A return belongs to one point only. Two points share one if one ends in a tail call of the other, or both
// of a third.
Result<std::vector<PlannedProbe>> unless_taken(const Plan& plan, std::vector<PlannedProbe> exits,
                                               const Point& point) {
    for (const PlannedProbe& exit : exits) {
        for (const PlannedProbe& other : plan.probes) {
            if (other.address != exit.address || other.as<FunctionExit>() == nullptr || !other.point)
                continue;
            return Error{"find exits of", point.symbol,
                         "it returns where point " + plan.points[*other.point].point.name +
                             " does, by a tail call; two points cannot share a return",
                         "observe one of them", Error::Kind::kNoTarget};
        }
    }
    return exits;
}

Result<void> plan_function(Plan& plan, PlannedPoint& planned, const NativeBinary& binary,
                           std::uint64_t address) {
    const Point& point = planned.point;
    const std::size_t index = plan.points.size();
    Result<NativeEntry> entry = native_entry(binary, address, point, {point.ids, point.keyed.key, {}});
    if (!entry) return entry.error();
    Result<std::vector<PlannedProbe>> exits = exit_probes(binary, entry->code, planned, index);
    if (exits) exits = unless_taken(plan, *std::move(exits), point);
    if (!exits) return exits.error();
    const bool is_keyed = point.keyed.is_keyed();
    const auto means = is_keyed ? FunctionEntry::Means::kKeyedCall : FunctionEntry::Means::kCall;
    plan.probes.push_back(entry_probe(binary, *entry, point, "entry", means, index));
    NativeReads* reads = &entry->reads;
    planned.origins = std::move(reads->origins);
    planned.workflow_names = std::move(reads->workflow_names);
    planned.node_names = std::move(reads->node_names);
    std::ranges::move(*exits, std::back_inserter(plan.probes));
    planned.observe_by(point.exit == ExitRule::kUretprobe ? PointMechanism::kKernelReturnProbe
                       : is_keyed                         ? PointMechanism::kKeyedEntryAndReturns
                                                          : PointMechanism::kEntryAndReturns);
    if (point.exit == ExitRule::kUretprobe) planned.warnings.emplace_back(kUretprobeDanger);
    if (reads_by_position(point) && !rust_function_name(binary.elf->symbol_at(address)).empty())
        planned.notes.emplace_back(kRustPositions);
    if (binary.elf->is_coroutine(address)) planned.warnings.emplace_back(kCoroutine);
    return {};
}

Error of_point(const Profile& profile, const Point& point, Error error) {
    error.operation = "plan point " + point.name + " (" + profile.source + ":" + std::to_string(point.line) +
                      "): " + error.operation;
    error.kind = Error::Kind::kUsage;
    return error;
}

PlannedPoint planned_point(const Profile& profile, const Point& point) {
    PlannedPoint planned;
    planned.profile = profile.name;
    planned.point = point;
    planned.made_up_names = profile.made_up_names;
    return planned;
}

// If a pattern matches several functions, one that cannot be observed does not prevent the others.
Result<void> plan_point_function(Plan& plan, const Profile& profile, const Point& point,
                                 const NativeFunction& function) {
    PlannedPoint planned = planned_point(profile, point);
    const bool is_one_of_many = is_wildcard(point.symbol);
    if (is_one_of_many) planned.point.symbol = function.name;
    Result<void> done = check_free(plan, function);
    if (done) done = plan_function(plan, planned, *function.binary, function.address);
    if (!done && !is_one_of_many) return done;
    if (!done) planned.give_up(done.error().message());
    plan.points.push_back(std::move(planned));
    return {};
}

Result<void> plan_marker_point(Plan& plan, const Profile& profile, const Point& point,
                               const std::vector<NativeBinary>& binaries) {
    PlannedPoint planned = planned_point(profile, point);
    Result<void> done = plan_markers(plan, planned, binaries);
    const std::string later = done ? std::string() : files_to_come(profile, binaries);
    if (!done && later.empty()) return done;
    if (!done) {
        planned.state =
            Waiting{done.error().message() + "; not loaded yet: " + later, mechanism_of(point.markers)};
    }
    plan.points.push_back(std::move(planned));
    return {};
}

Result<void> plan_pair_point(Plan& plan, const Profile& profile, const Point& point,
                             const std::vector<NativeBinary>& binaries) {
    PlannedPoint planned = planned_point(profile, point);
    Result<void> done = plan_function_pair(plan, planned, profile, binaries);
    if (done) plan.points.push_back(std::move(planned));
    return done;
}

Result<void> plan_point(Plan& plan, const Profile& profile, const Point& point,
                        const std::vector<NativeBinary>& binaries) {
    if (point.markers.any()) return plan_marker_point(plan, profile, point, binaries);
    if (!point.keyed.end.empty()) return plan_pair_point(plan, profile, point, binaries);
    std::string missing;
    const Result<std::vector<NativeFunction>> functions =
        find_point_functions(point, profile, binaries, missing);
    if (!functions) return functions.error();
    for (const NativeFunction& function : *functions) {
        Result<void> done = plan_point_function(plan, profile, point, function);
        if (!done) return done;
    }
    if (!functions->empty()) return {};
    PlannedPoint planned = planned_point(profile, point);
    planned.wait(missing);
    plan.points.push_back(std::move(planned));
    return {};
}

}  // namespace

bool native_profile_fits(const Profile& profile, const ProcessFacts& facts) {
    return std::ranges::any_of(facts.mappings, [&](const Mapping& mapping) {
        return mapping.executable && is_named(profile.binaries, base_name(mapping.path));
    });
}

Result<void> plan_native_profile(Plan& plan, const Profile& profile, const ProcessFacts& facts) {
    Result<std::vector<NativeBinary>> binaries = open_binaries(profile, facts);
    if (!binaries) return binaries.error();
    for (const Point& point : profile.points) {
        Result<void> done = plan_point(plan, profile, point, *binaries);
        if (!done) return of_point(profile, point, std::move(done.error()));
    }
    return {};
}

}  // namespace flowtap
