// SPDX-License-Identifier: Apache-2.0
// The data behind the page / and /api/v1/status.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/http/health.h"
#include "exporter/metrics/activity.h"
#include "exporter/metrics/collector_stats.h"
#include "machine/machine_facts.h"

namespace flowtap {

// A point of a profile in one process. Points that share probes also share their hits and cost.
struct PointReport {
    std::string name = {};  // "profile/point"
    PointState state = PointState::kExact;
    std::string mechanism = {};  // empty if it is not observed
    std::string group = {};      // equal for points that share probes
    std::uint64_t executions = 0;
    std::optional<std::uint64_t> hits = {};    // since the attach, of the group's probes
    std::optional<double> added_seconds = {};  // CPU time that they added to the process
    std::string remark = {};                   // why it is not observed, or what of it is not
};

// Any text here may come from a target: it need not be UTF-8. Excludes command lines, environments and code:
// they contain secrets, and these pages may be visible to a whole network.
struct TargetReport {
    std::int32_t pid = 0;
    std::string executable = {};  // the file name, without its directory
    TargetState state = TargetState::kAttached;
    std::string profile = {};
    std::vector<std::string> observed = {};    // one line for each point: name and mechanism
    std::vector<std::string> inexact = {};     // for observed points: name and what is not observed
    std::vector<std::string> unobserved = {};  // point and reason
    std::vector<std::string> never_hit = {};   // observed points without an execution so far
    std::vector<PointReport> points = {};      // all points, one by one
    std::vector<std::string> warnings =
        {};  // for inexact points: what was found to be wrong since the attach
    std::optional<double> hits_per_second = {};
    std::optional<double> overhead = {};  // CPU time that probes add, as a share of the process's own
};

// Whether the numbers are complete.
struct Reception {
    std::uint64_t events_received = 0;
    std::uint64_t events_lost = 0;
    std::uint64_t executions_unpaired = 0;
};

struct StatusReport {
    std::string version;
    Verdict health = {};
    Verdict readiness = {};
    std::vector<TargetReport> targets = {};
    Activity activity = {};
    Reception reception = {};
    MachineFacts machine = {};
};

// Why the numbers are incomplete although the collector is healthy: a line for each reason. Excludes points
// whose module is not imported yet.
std::vector<std::string> degradations_of(const StatusReport& report);
std::string_view state_of(const StatusReport& report);  // "unhealthy", "not ready", "degraded", "healthy"

// Warnings of all attached targets, although the collector is healthy.
std::vector<std::string> warnings_of(const StatusReport& report);

Reception reception_of(const CollectorStats& stats, const LedgerSnapshot& executions);

// {"version", "healthy", "ready", "reasons": [..], "state": as state_of(), "degraded": [..],
//  "targets": [{"pid", "executable", "state", "profile", "observed": [..], "inexact": [..],
//    "unobserved": [..], "never_hit": [..], "warnings": [..], "hits_per_second", "overhead",
//    "points": [{"name", "state", "mechanism", "group", "executions", "hits", "added_seconds", "remark"}]}],
//  "window_seconds": what rates and shares are over, "since_start": whether that is all there was,
//  "workflows": [{"workflow_id", "started", "active", "success", "failed", "cancelled", "aborted", "rate",
//    "error_rate", "share_of_time", "on_critical_path": 0 to 1, "errors": [{"error_type", "count"}],
//    "p50_seconds", "p99_seconds", "oldest_active_seconds",
//    "durations": [[upper bound in seconds, count], ..]}],
//  "nodes": [{.. "node_id", "node_type" ..}], "unlisted_workflows", "unlisted_nodes",
//  "workflow_totals", "node_totals": {"rate", "error_rate", "active"}, of all, listed or not,
//  "events_received", "events_lost", "executions_unpaired",
//  "machine": as machine/facts_json.h}.
// Unknown members are null. Bytes that are not UTF-8 become U+FFFD.
std::string to_json(const StatusReport& report);

// {"status":"<good>"} or {"status":"<bad>","reasons":[..]}.
std::string to_json(const Verdict& verdict, const std::string& good, const std::string& bad);

}  // namespace flowtap
