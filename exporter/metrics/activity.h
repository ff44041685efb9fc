// SPDX-License-Identifier: Apache-2.0
// Which workflows and nodes are busy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "exporter/metrics/buckets.h"
#include "exporter/metrics/ledger.h"
#include "exporter/views/latency_picture.h"

namespace flowtap {

// Failed executions by error type.
struct ErrorCount {
    std::string type;
    std::uint64_t count = 0;
};

inline constexpr std::size_t kMostErrorTypes = 5;

// One workflow, or one node of one. The text comes from targets.
struct ActivityRow {
    std::string workflow_id;
    std::string node_id = {};    // empty for a workflow
    std::string node_type = {};  // likewise
    std::uint64_t started = 0;
    std::uint64_t active = 0;
    Tally<Status> ended = {};
    std::optional<double> oldest_active_seconds = {};  // workflows
    // In the time looked at:
    double rate = 0;        // ends, per second
    double error_rate = 0;  // of these, failed
    double share = 0;       // of the time that all rows of its kind together took; 0 to 1
    // Of the wall time of its workflow's successful executions, what it bounded (nodes; of a workflow: what
    // no node did); 0 to 1. Nothing: no critical path is known.
    std::optional<double> on_critical_path = {};
    std::vector<ErrorCount> errors = {};  // the most frequent first, at most kMostErrorTypes
    // Since its first execution, of those of known duration (of workflows: that succeeded); seconds:
    std::optional<double> p50 = {};
    std::optional<double> p99 = {};
    LatencyPicture durations = {};
};

// Of all rows of a kind, also of those that are not listed.
struct ActivityTotals {
    double rate = 0;
    double error_rate = 0;
    std::uint64_t active = 0;
};

struct Activity {
    double seconds = 0;        // the time looked at
    bool since_start = false;  // which is all there was
    std::vector<ActivityRow> workflows = {};
    std::vector<ActivityRow> nodes = {};
    std::size_t unlisted_workflows = 0;  // less busy ones
    std::size_t unlisted_nodes = 0;
    ActivityTotals workflow_totals = {};
    ActivityTotals node_totals = {};
};

// Which earlier moment the present is compared with.
struct ActivityWindow {
    std::uint64_t spacing_ns =
        10'000'000'000;  // between moments kept: what changes after one is in memory twice
    std::uint64_t longest_ns = 30'000'000'000;  // older ones are dropped
};

// Compares the ledger with its state some seconds ago: when it was last asked, or at the start. Nothing is
// kept for callers that never ask. May be used by any thread; times are CLOCK_MONOTONIC nanoseconds.
class ActivityMeter {
public:
    explicit ActivityMeter(std::uint64_t start_ns, ActivityWindow window = {})
        : start_ns_(start_ns), window_(window) {}

    // The `limit` busiest of each kind: by rate, then by how many there were at all.
    Activity measure(const LedgerSnapshot& now, const BucketBounds& bounds, std::uint64_t now_ns,
                     std::size_t limit);

    // Drops states that are too old to compare with.
    void forget(std::uint64_t now_ns);

private:
    struct Earlier {
        std::uint64_t time_ns;
        LedgerSnapshot ledger;
    };

    const std::uint64_t start_ns_;
    const ActivityWindow window_;
    std::mutex mutex_;
    std::deque<Earlier> earlier_;  // guarded by mutex_; oldest first
};

}  // namespace flowtap
