// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "attach/attacher.h"
#include "budget/target_overhead.h"
#include "exporter/views/status_report.h"
#include "plan/plan.h"
#include "process/remote_memory.h"
#include "targets/import_watch.h"
#include "targets/mapping_watch.h"
#include "targets/run_claims.h"
#include "targets/sign_watch.h"
#include "targets/target_names.h"
#include "targets/target_planner.h"

namespace flowtap {

// Why a target should be looked at again.
enum class Look : std::uint8_t {
    kNone,
    kRoutine,  // it was long ago
    kChanged,  // there is a sign
};

// A process that was chosen, while it is attached to. Its identity is {pid, start_ticks}.
struct Target {
    Plan plan;
    ToldByTarget told;             // the labels as they were corrected since
    std::uint64_t planned_ns = 0;  // what the kernel says of it from before is of another program
    std::optional<Attachment> attachment;
    std::optional<RemoteMemory> memory;
    std::optional<std::uint8_t> probe_byte;  // what the kernel left at the plan's first probe
    Look look = Look::kNone;
    std::optional<std::uint64_t> cpu_ns = {};  // that it had used when it was planned
    std::uint64_t next_look_ns = 0;            // not before: looking took too much
    RunClaims claims;
    std::unordered_map<std::uint32_t, std::uint64_t> executions =
        {};                                                 // by the attacher's number of the point
    std::map<std::string, std::uint32_t> seen_points = {};  // numbers of those of which one was seen, by name
    std::map<std::string, GroupUse> use = {};               // by probe group
    std::string not_extended = {};  // why what it has got since the attach is not observed
    OpenFiles files;
    ReducedPoints reduced = {};
    std::optional<double> hits_per_second;
    std::optional<double> overhead;  // what probes add to its own CPU time, as a share of it
    std::set<std::uint32_t>
        observed_subinterpreters;  // in which something was, at some time; by their numbers
    ImportWatch imports;
    SignWatch signs;
    MappingWatch mappings;
};

// Notes in the target whether what can be observed in it may have changed since it was planned. Asks at most
// what is cheap. targets: how many are asked this.
void note_look(Target& target, std::uint32_t code_pages, std::size_t targets, std::uint64_t now_ns);

std::string name_of(const PlannedPoint& point);  // "profile/point"

// To be called when the plan's probes have been placed.
void note_probe_byte(Target& target);

PointState state_of(const PlannedPoint& point);
// The same, with what was found out since.
PointState state_of(const Target& target, const PlannedPoint& point);

// What is said of a point of which RunClaims found that it misses executions.
std::string unseen_text(const std::string& point, const std::string& function);

// For the status page: each point of the plan with how it is observed, or why not.
TargetReport report_of(const Target& target);

}  // namespace flowtap
