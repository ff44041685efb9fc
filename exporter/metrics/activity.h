// SPDX-License-Identifier: Apache-2.0
// Finds the busiest workflows and nodes.
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

// A workflow, or a node of a workflow. The texts come from targets.
struct ActivityRow {
    std::string workflow_id;
    std::string node_id = {};    // empty for a workflow
    std::string node_type = {};  // likewise
    std::uint64_t started = 0;
    std::uint64_t active = 0;
    Tally<Status> ended = {};
    std::optional<double> oldest_active_seconds = {};  // workflows
    // Within the window:
    double rate = 0;        // ends, per second
    double error_rate = 0;  // fraction of these that failed
    double share = 0;       // share of the time of all rows of its kind; 0 to 1
    // Share of the wall time of its workflow's successful executions that it bounded (for a workflow: that no
    // node bounded); 0 to 1. nullopt: no critical path is known.
    std::optional<double> on_critical_path = {};
    std::vector<ErrorCount> errors = {};  // the most frequent first, at most kMostErrorTypes
    // Since its first execution, for those of known duration (for workflows: that succeeded); seconds:
    std::optional<double> p50 = {};
    std::optional<double> p99 = {};
    LatencyPicture durations = {};
};

// Of all rows of a kind, including those that are not listed.
struct ActivityTotals {
    double rate = 0;
    double error_rate = 0;
    std::uint64_t active = 0;
};

struct Activity {
    double seconds = 0;        // length of the window
    bool since_start = false;  // the window is the whole time since the start
    std::vector<ActivityRow> workflows = {};
    std::vector<ActivityRow> nodes = {};
    std::size_t unlisted_workflows = 0;  // number of less busy ones
    std::size_t unlisted_nodes = 0;
    ActivityTotals workflow_totals = {};
    ActivityTotals node_totals = {};
};

// The earlier moments that are kept for comparison.
struct ActivityWindow {
    std::uint64_t spacing_ns =
        10'000'000'000;  // between kept moments: rows that change after one are in memory twice
    std::uint64_t longest_ns = 30'000'000'000;  // older ones are dropped
};

// Compares the ledger with its state some seconds ago: at the last call, or at the start. Keeps nothing for
// callers that never ask. Any thread may use it; times are CLOCK_MONOTONIC nanoseconds.
class ActivityMeter {
public:
    explicit ActivityMeter(std::uint64_t start_ns, ActivityWindow window = {})
        : start_ns_(start_ns), window_(window) {}

    // The `limit` busiest of each kind: by rate, then by total number.
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
