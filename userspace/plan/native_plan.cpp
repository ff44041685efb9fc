// SPDX-License-Identifier: Apache-2.0
#include "plan/native_plan.h"

#include <algorithm>
#include <utility>

#include "elf/address_text.h"
#include "elf/function_code.h"
#include "elf/wildcard.h"
#include "plan/go_function.h"
#include "plan/marker_plan.h"
#include "plan/native_binary.h"
#include "plan/native_exits.h"
#include "plan/native_functions.h"
#include "plan/native_reads.h"

namespace flowtap {
namespace {

constexpr const char* kUretprobeDanger =
    "exit: uretprobe rewrites return addresses: the target dies if an exception or a stack switch passes "
    "this "
    "function, and returns nested deeper than 64 are not seen";

PlannedProbe probe_at(const NativeBinary& binary, const Site& site, const Point& point, const char* suffix,
                      Program program, std::size_t index) {
    PlannedProbe probe;
    probe.name = point.name + ":" + suffix;
    probe.program = program;
    probe.file = binary.path;
    probe.file_offset = binary.elf->file_offset(site.address).value_or(0);
    probe.address = site.address + binary.load_bias;
    probe.cost = site.cost;
    probe.stack_adjust = site.stack_adjust.value_or(0);
    probe.point = index;
    probe.why = site.reason;
    return probe;
}

// The probes at a function's exits; an Error says which way out could not be seen.
Result<std::vector<PlannedProbe>> exit_probes(const NativeBinary& binary, const FunctionCode& code,
                                              PlannedPoint& planned, std::size_t index) {
    std::vector<PlannedProbe> probes;
    const Point& point = planned.point;
    if (point.exit == ExitRule::kUretprobe) {
        Site entry;
        entry.address = code.entry();
        entry.cost = SiteCost::kEmulated;
        entry.reason = "the profile asks for a kernel return probe";
        probes.push_back(probe_at(binary, entry, point, "return", Program::kNativeReturn, index));
        return probes;
    }
    Result<NativeExits> exits = native_exits(*binary.elf, code);
    if (!exits) return exits.error();
    for (const NativeExit& exit : exits->exits) {
        probes.push_back(probe_at(binary, exit.site, planned.point, "exit", Program::kNativeExit, index));
        probes.back().exit_flags = exit.flags;
    }
    std::ranges::move(exits->warnings, std::back_inserter(planned.warnings));
    return probes;
}

// A return tells of one point only. Two meet where one ends in a tail call of the other, or both of a third.
Result<std::vector<PlannedProbe>> unless_taken(const Plan& plan, std::vector<PlannedProbe> exits,
                                               const Point& point) {
    for (const PlannedProbe& exit : exits) {
        for (const PlannedProbe& other : plan.probes) {
            if (other.address != exit.address || other.program != Program::kNativeExit || !other.point)
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
    if (is_go_function(*binary.elf, address))
        return Error{"observe", point.symbol, kWhyNoGo, "", Error::Kind::kNoTarget};
    Result<FunctionCode> code = FunctionCode::trace(*binary.elf, address);
    if (!code) return code.error();
    Result<NativeReads> reads = entry_reads(point.ids, binary.debug.get(), address);
    if (!reads) return reads.error();
    Result<Site> entry = entry_site(*code, {reads->registers, reads->reads_memory});
    if (!entry) return entry.error();
    if (!entry->stack_adjust) {
        return Error{"find the entry of", point.symbol, "the stack pointer at its entry site is not known",
                     "", Error::Kind::kNoTarget};
    }
    Result<std::vector<PlannedProbe>> exits = exit_probes(binary, *code, planned, index);
    if (exits) exits = unless_taken(plan, *std::move(exits), point);
    if (!exits) return exits.error();
    plan.probes.push_back(probe_at(binary, *entry, point, "entry", Program::kNativeEntry, index));
    adjust_to_site(reads->reads, *entry->stack_adjust);
    plan.probes.back().reads = reads->reads;
    plan.probes.back().function_address = address + binary.load_bias;
    planned.origins = std::move(reads->origins);
    planned.workflow_names = std::move(reads->workflow_names);
    planned.node_names = std::move(reads->node_names);
    std::ranges::move(*exits, std::back_inserter(plan.probes));
    planned.observed = true;
    planned.mechanism =
        point.exit == ExitRule::kUretprobe ? "entry and kernel return probe" : "entry and returns";
    if (point.exit == ExitRule::kUretprobe) planned.warnings.emplace_back(kUretprobeDanger);
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
    return planned;
}

// Two points of one function would count each execution twice.
Result<void> check_free(const Plan& plan, const NativeFunction& function) {
    for (const PlannedProbe& probe : plan.probes) {
        const std::uint64_t address = function.address + function.binary->load_bias;
        if (probe.program != Program::kNativeEntry || !probe.point || probe.function_address != address)
            continue;
        const PlannedPoint& other = plan.points[*probe.point];
        return Error{"observe", function.name, "the point " + other.point.name + " observes it already"};
    }
    return {};
}

// One of the functions that a pattern matches may be unfit without spoiling the others.
Result<void> plan_point_function(Plan& plan, const Profile& profile, const Point& point,
                                 const NativeFunction& function) {
    PlannedPoint planned = planned_point(profile, point);
    const bool is_one_of_many = is_wildcard(point.symbol);
    if (is_one_of_many) planned.point.symbol = function.name;
    Result<void> done = check_free(plan, function);
    if (done) done = plan_function(plan, planned, *function.binary, function.address);
    if (!done && !is_one_of_many) return done;
    if (!done) planned.why_not = done.error().message();
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
        planned.pending = true;
        planned.why_not = done.error().message() + "; not loaded yet: " + later;
    }
    plan.points.push_back(std::move(planned));
    return {};
}

Result<void> plan_point(Plan& plan, const Profile& profile, const Point& point,
                        const std::vector<NativeBinary>& binaries) {
    if (point.markers.any()) return plan_marker_point(plan, profile, point, binaries);
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
    planned.pending = true;
    planned.why_not = missing;
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
