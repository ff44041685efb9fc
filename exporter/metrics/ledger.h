// SPDX-License-Identifier: Apache-2.0
// Counts executions by their labels: each is recorded when it starts and when it ends.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "exporter/metrics/activities.h"
#include "exporter/metrics/bounded_table.h"
#include "exporter/metrics/histogram.h"
#include "exporter/metrics/latency.h"
#include "exporter/metrics/series.h"
#include "exporter/metrics/series_finder.h"
#include "exporter/metrics/tally.h"
#include "exporter/metrics/target_labels.h"
#include "pipeline/outcome.h"

namespace flowtap {

struct LedgerLimits {
    std::size_t workflows = 10'000;
    std::size_t nodes = 10'000;
    std::size_t errors = 10'000;
    std::size_t critical_paths = 10'000;
};

struct LedgerConfig {
    LedgerLimits limits = {};
    HistogramShape histograms = {};
    bool latency_quantiles = false;
    std::uint64_t expiry_ns = 0;                  // 0: series are never dropped
    std::vector<TargetLabel> target_labels = {};  // the target labels of the series
};

// All numbers at one moment.
struct LedgerSnapshot {
    BoundedTable<ExecutionRow>::Snapshot workflows;
    BoundedTable<ExecutionRow>::Snapshot nodes;
    BoundedTable<ErrorRow>::Snapshot errors;
    BoundedTable<PathRow>::Snapshot critical_paths;
    Latency::Snapshot latency;  // all ended workflow executions with known durations
    Tally<UnpairedReason> unpaired;
    Tally<PathUnknownReason> paths_unknown;
    Tally<BoundedMetric> overflow;  // executions (or errors) counted under kOther because a table was full
    Tally<BoundedMetric> expired;   // label sets dropped because their workflow was idle
};

// Not synchronised; guarded by Metrics. An end finds its series by its token alone, so a series may only be
// dropped while none of its executions is active.
class Ledger {
public:
    explicit Ledger(LedgerConfig config);

    // An end whose token never started is counted as unpaired; a token that is still open cannot start again.
    void record(const Outcome& outcome);

    // Applies to new series, and from the next expire() on. Nothing that was counted is lost or moved: series
    // beyond a lower limit stay until they expire, and counts under kOther stay there.
    void set_bounds(const LedgerLimits& limits, std::uint64_t expiry_ns);

    // Labels of a process, for series of executions that start from now on.
    void set_target(std::uint32_t tgid, const TargetLabels& labels);
    // The process's executions have ended; its series stay until they expire.
    void forget_target(std::uint32_t tgid);

    // Drops series of workflows that had no active execution and were not seen for the expiry time. Examines
    // a small part of the series: with one call a second, all within a minute.
    void expire(std::uint64_t now_ns);

    // Costs a few pointers, however many series there are.
    [[nodiscard]] LedgerSnapshot snapshot();

private:
    using Starts = std::pmr::multiset<std::uint64_t>;
    struct OpenExecution {
        std::uint32_t row = 0;
        bool is_workflow = false;
        Starts::iterator since;  // of workflows
    };

    void record(const Started& started);
    void record(const Ended& ended);
    void record(const Unpaired& unpaired) { ++unpaired_[unpaired.reason]; }
    void record(const CriticalPath& path);
    void record(const PathUnknown& unknown) { ++paths_unknown_[unknown.reason]; }
    void enter_on_path(const CriticalPath& path, std::string node_id, std::uint64_t duration_ns);
    void enter_error(const ExecutionRow& execution, const Ended& ended);
    void observe(ExecutionRow& execution, const Ended& ended, bool is_workflow);

    std::uint32_t row_of(BoundedTable<ExecutionRow>& table, BoundedMetric metric, const Started& started);
    const SharedTargetLabels& target_of(std::uint32_t tgid) const;
    Starts& starts_of(std::uint32_t workflow_row);

    template <typename Table>
    void expire(Table& table, BoundedMetric metric, std::size_t& cursor, std::uint64_t before_ns);

    LedgerConfig config_;
    BoundedTable<ExecutionRow> workflows_;
    BoundedTable<ExecutionRow> nodes_;
    BoundedTable<ErrorRow> errors_;
    BoundedTable<PathRow> critical_paths_;
    SeriesFinder found_;
    Activities activities_;
    std::unordered_map<std::uint32_t, SharedTargetLabels> targets_;  // by tgid
    SharedTargetLabels no_target_;

    // Executions come and go with every event, so their memory is recycled here instead of the heap.
    std::pmr::unsynchronized_pool_resource memory_;
    std::pmr::unordered_map<std::uint64_t, OpenExecution> open_{&memory_};  // by token
    std::vector<std::optional<Starts>> starts_;  // begin times of active executions, by workflow row

    Latency latency_;
    Tally<UnpairedReason> unpaired_;
    Tally<PathUnknownReason> paths_unknown_;
    Tally<BoundedMetric> overflow_;
    Tally<BoundedMetric> expired_;
    struct {
        std::size_t workflows = 0, nodes = 0, errors = 0, critical_paths = 0;
    } cursors_;  // where expire() continues
};

}  // namespace flowtap
