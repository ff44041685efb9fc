// SPDX-License-Identifier: Apache-2.0
// What / shows to people and /api/v1/status to programs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "exporter/collector_stats.h"
#include "exporter/health.h"
#include "exporter/ledger.h"

namespace flowtap {

// Any text here may come from a target: it need not be UTF-8.
struct TargetReport {
    std::int32_t pid = 0;
    std::string command = {};
    TargetState state = TargetState::kAttached;
    std::string profile = {};
    std::vector<std::string> observed = {};    // one line for each point of the plan
    std::vector<std::string> unobserved = {};  // point and reason
};

struct WorkflowReport {
    std::string workflow_id;
    std::uint64_t started = 0;
    std::uint64_t active = 0;
    Tally<Status> ended = {};
};

struct StatusReport {
    std::string version;
    Verdict health = {};
    Verdict readiness = {};
    std::vector<TargetReport> targets = {};
    std::vector<WorkflowReport> workflows = {};
};

// The `limit` workflows with the most executions started, most first.
std::vector<WorkflowReport> busiest_workflows(const LedgerSnapshot& snapshot, std::size_t limit);

// {"version", "healthy", "ready", "reasons": [..], "targets": [{"pid", "command", "state", "profile",
// "observed": [..], "unobserved": [..]}], "workflows": [{"workflow_id", "started", "active", "success",
// "failed", "cancelled", "aborted"}]}. What is not UTF-8 becomes U+FFFD.
std::string to_json(const StatusReport& report);

// {"status":"<good>"} or {"status":"<bad>","reasons":[..]}.
std::string to_json(const Verdict& verdict, const std::string& good, const std::string& bad);

// A page of its own: no script, nothing loaded from elsewhere, all text escaped.
std::string to_html(const StatusReport& report);

}  // namespace flowtap
