// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "attach/attacher.h"
#include "daemon/import_watch.h"
#include "daemon/mapping_watch.h"
#include "daemon/sign_watch.h"
#include "daemon/target_names.h"
#include "daemon/target_planner.h"
#include "exporter/views/status_report.h"
#include "plan/plan.h"
#include "process/remote_memory.h"

namespace flowtap {

// A process that was chosen, while it is attached to. Its identity is {pid, start_ticks}.
struct Target {
    Plan plan;
    ToldByTarget told;             // the labels as they were corrected since
    std::uint64_t planned_ns = 0;  // what the kernel says of it from before is of another program
    std::optional<Attachment> attachment;
    std::optional<RemoteMemory> memory;
    std::optional<std::uint8_t> probe_byte;  // what the kernel left at the plan's first probe
    OpenFiles files;
    std::string not_extended;  // why, the last time it was tried; empty: it was
    ReducedPoints reduced = {};
    std::optional<double> hits_per_second;
    std::optional<double> overhead;  // what probes add to its own CPU time, as a share of it
    std::set<std::uint32_t>
        observed_subinterpreters;  // in which something was, at some time; by their numbers
    ImportWatch imports;
    SignWatch signs;
    MappingWatch mappings;
};

// Whether what can be observed in it may have changed since it was planned. Asks at most what is cheap.
// targets: how many are asked this.
bool needs_new_plan(Target& target, std::uint32_t code_pages, std::size_t targets, std::uint64_t now_ns);

// To be called when the plan's probes have been placed.
void note_probe_byte(Target& target);

PointState state_of(const PlannedPoint& point);

// For the status page: each point of the plan with how it is observed, or why not.
TargetReport report_of(const Target& target);

}  // namespace flowtap
