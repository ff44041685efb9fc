// SPDX-License-Identifier: Apache-2.0
// What / shows to people and /api/v1/status to programs.
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

// A point of a profile in one process. Points that share probes share their hits and what they cost.
struct PointReport {
    std::string name = {};  // "profile/point"
    PointState state = PointState::kExact;
    std::string mechanism = {};  // empty where it is not observed
    std::string group = {};      // the same for points that share probes
    std::uint64_t executions = 0;
    std::optional<std::uint64_t> hits = {};    // since the attach, of the group's probes
    std::optional<double> added_seconds = {};  // CPU time that they added to the process
    std::string remark = {};                   // why it is not observed, or what of it is not
};

// Any text here may come from a target: it need not be UTF-8. Command lines, environments and code stay out:
// they hold secrets, and these pages may be open to a whole network.
struct TargetReport {
    std::int32_t pid = 0;
    std::string executable = {};  // the file's name, without its directory
    TargetState state = TargetState::kAttached;
    std::string profile = {};
    std::vector<std::string> observed = {};  // one line for each point of the plan: what, by which mechanism
    std::vector<std::string> inexact = {};   // of the observed: point and what is not seen of it
    std::vector<std::string> unobserved = {};  // point and reason
    std::vector<std::string> never_hit = {};   // observed points of which no execution was seen yet
    std::vector<PointReport> points = {};      // all of the above, one by one
    std::vector<std::string> warnings = {};    // of the inexact: what was found not to be so since the attach
    std::optional<double> hits_per_second = {};
    std::optional<double> overhead = {};  // what probes add to its own CPU time, as a share of it
};

// Whether the numbers are whole.
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

// What makes the numbers less than the whole truth, though the collector is healthy: a line for each. Points
// whose module is not imported yet are not among it.
std::vector<std::string> degradations_of(const StatusReport& report);
std::string_view state_of(const StatusReport& report);  // "unhealthy", "not ready", "degraded", "healthy"

// Of all attached targets: they are among the reasons, though the collector is healthy.
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
// Members of which nothing is known are null. What is not UTF-8 becomes U+FFFD.
std::string to_json(const StatusReport& report);

// {"status":"<good>"} or {"status":"<bad>","reasons":[..]}.
std::string to_json(const Verdict& verdict, const std::string& good, const std::string& bad);

}  // namespace flowtap
