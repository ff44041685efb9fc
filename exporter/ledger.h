// SPDX-License-Identifier: Apache-2.0
// The books: every execution is entered when it starts and balanced when it ends.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "exporter/bounded_table.h"
#include "exporter/buckets.h"
#include "exporter/tally.h"
#include "pipeline/outcome.h"

namespace flowtap {

// Where the label values go that come after a table is full.
inline constexpr std::string_view kOther = "_other";

// The metrics whose label sets are bounded, each by its own limit.
enum class BoundedMetric : std::uint8_t { kWorkflows, kNodes, kErrors };

constexpr std::string_view label_of(BoundedMetric metric) {
    switch (metric) {
        case BoundedMetric::kWorkflows:
            return "workflow_executions_total";
        case BoundedMetric::kNodes:
            return "workflow_node_executions_total";
        case BoundedMetric::kErrors:
            return "workflow_errors_total";
    }
    return {};
}

struct ErrorIdentity {
    std::string workflow_id;
    std::string node_id;  // empty: the workflow itself
    std::string error_type;
    bool operator==(const ErrorIdentity&) const = default;
};

// For BoundedTable, which finds them by argument.
std::size_t hash_of(const WorkflowIdentity& identity);
std::size_t hash_of(const NodeIdentity& identity);
std::size_t hash_of(const ErrorIdentity& identity);

// What is known of the executions of one identity. How many are active is never stored, only derived, so
// started = ended + active cannot fail to hold.
struct ExecutionNumbers {
    std::uint64_t started = 0;
    Tally<Status> ended;
    std::array<Histogram, Tally<Status>::kSize> durations;  // by Status, where the duration is known
    // Of the ended executions of known duration of which it is known when they were suspended.
    std::uint64_t known_running = 0;  // how many those are
    std::uint64_t running_ns = 0;
    std::uint64_t suspended_ns = 0;
};

inline std::uint64_t active(const ExecutionNumbers& numbers) {
    return numbers.started - numbers.ended.total();
}

template <typename Identity>
struct ExecutionRow {
    std::shared_ptr<const Identity> identity;
    ExecutionNumbers numbers;
    std::uint64_t oldest_begin_ns = 0;  // 0: none is active
};

struct ErrorRow {
    std::shared_ptr<const ErrorIdentity> identity;
    std::uint64_t count = 0;
};

// A summary without quantiles.
struct DurationSum {
    std::uint64_t count = 0;
    std::uint64_t sum_ns = 0;
};

// All numbers at one moment, in no particular order.
struct LedgerSnapshot {
    std::vector<ExecutionRow<WorkflowIdentity>> workflows;
    std::vector<ExecutionRow<NodeIdentity>> nodes;
    std::vector<ErrorRow> errors;
    DurationSum latency;  // all ended workflow executions of known duration
    Tally<UnpairedReason> unpaired;
    Tally<BoundedMetric> overflow;  // executions (or errors) entered under kOther for want of room
};

struct LedgerLimits {
    std::size_t workflows = 10'000;
    std::size_t nodes = 10'000;
    std::size_t errors = 10'000;
};

// Not synchronised: Metrics guards it. Each end finds its series through its token alone, so a series
// may only be dropped while nothing of it is active.
class Ledger {
public:
    Ledger(BucketBounds bounds, const LedgerLimits& limits);

    // Ends whose token never started are counted as unpaired; a token that is still open cannot start again.
    void enter(const Outcome& outcome);

    [[nodiscard]] LedgerSnapshot snapshot() const;
    [[nodiscard]] const BucketBounds& bounds() const { return bounds_; }

private:
    struct Series {
        ExecutionNumbers numbers;
        std::multiset<std::uint64_t> open_since;  // begin times of the active executions
    };
    struct OpenExecution {
        Series* series;
        std::multiset<std::uint64_t>::iterator since;
        bool is_workflow;
    };

    void enter(const Started& started);
    void enter(const Ended& ended);
    void enter(const Unpaired& unpaired) { ++unpaired_[unpaired.reason]; }
    void enter_error(const Ended& ended);
    Series& series_of(const Identity& identity);

    template <typename Identity>
    static std::vector<ExecutionRow<Identity>> rows_of(const BoundedTable<Identity, Series>& table);

    BucketBounds bounds_;
    BoundedTable<WorkflowIdentity, Series> workflows_;
    BoundedTable<NodeIdentity, Series> nodes_;
    BoundedTable<ErrorIdentity, std::uint64_t> errors_;
    std::unordered_map<std::uint64_t, OpenExecution> open_;  // by token
    DurationSum latency_;
    Tally<UnpairedReason> unpaired_;
    Tally<BoundedMetric> overflow_;
};

}  // namespace flowtap
