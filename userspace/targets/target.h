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

// Why a target should be planned again.
enum class PlanReason : std::uint8_t {
    kNone,
    kRoutine,  // the last plan is old
    kChanged,  // something in the process changed
};

// A process that flowtap is attached to. Its identity is {pid, start_ticks}.
struct Target {
    Plan plan;
    TargetOrigin origin;           // labels, as corrected since the attach
    std::uint64_t planned_ns = 0;  // older lifecycle events belong to a previous program of the same PID
    std::optional<Attachment> attachment;
    std::optional<RemoteMemory> memory;
    std::optional<std::uint8_t> probe_byte;  // byte at the plan's first probe once it is placed
    PlanReason plan_reason = PlanReason::kNone;
    std::optional<std::uint64_t> cpu_ns = {};  // CPU time that it had used when it was planned
    std::uint64_t next_plan_ns = 0;            // not planned again before that: the last plan took too long
    RunClaims claims;
    std::unordered_map<std::uint32_t, std::uint64_t> executions =
        {};                                                 // by the attacher's number of the point
    std::map<std::string, std::uint32_t> seen_points = {};  // with an execution: numbers by name
    std::map<std::string, GroupUse> use = {};               // by probe group
    unsigned inexact_said = 0;      // log lines about what became inexact since the attach
    std::string not_extended = {};  // why the last extension failed; empty: it did not fail
    OpenFiles files;
    ReducedPoints reduced = {};
    std::optional<double> hits_per_second;
    std::optional<double> overhead;  // CPU time that probes add, as a share of the target's own
    std::set<std::uint32_t> observed_subinterpreters;  // numbers of all that were ever observed
    ImportWatch imports;
    SignWatch signs;
    MappingWatch mappings;
};

// Notes in the target whether its plan may be out of date. Reads only a few words of the target's memory.
// targets: how many targets share the budget for that.
void note_plan_reason(Target& target, std::uint32_t code_pages, std::size_t targets, std::uint64_t now_ns);

std::string name_of(const PlannedPoint& point);  // "profile/point"

// The profiles that fit the process.
std::set<std::string> profiles_of(const Plan& plan);

// Call when the plan's probes have been placed.
void note_probe_byte(Target& target);

PointState state_of(const PlannedPoint& point);
// The same, including what RunClaims found since.
PointState state_of(const Target& target, const PlannedPoint& point);

// The warning about a point that, as RunClaims found, misses executions.
std::string unseen_text(const std::string& point, const std::string& function);

// For the status page: how each point of the plan is observed, or why it is not.
TargetReport report_of(const Target& target);

}  // namespace flowtap
