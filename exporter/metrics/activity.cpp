// SPDX-License-Identifier: Apache-2.0
#include "exporter/metrics/activity.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <utility>
#include <variant>

#include "exporter/metrics/activity_details.h"

namespace flowtap {

namespace {

// Minimum age of a moment to compare with: shorter times give no rate. A timer of one second may be a little
// early.
constexpr std::uint64_t kYoungestNs = 900'000'000;

using Rows = BoundedTable<ExecutionRow>::Snapshot;
using RowsByLabels = std::unordered_map<const SeriesLabels*, const ExecutionRow*>;

RowsByLabels by_labels(const Rows& rows) {
    RowsByLabels found;
    rows.for_each([&found](const ExecutionRow& row) { found.emplace(row.labels.get(), &row); });
    return found;
}

std::uint64_t duration_sum_ns(const ExecutionRow& row) {
    std::uint64_t sum = 0;
    for (const StatusDurations& durations : row.durations) sum += durations.histogram.sum_ns();
    return sum;
}

void name(ActivityRow& named, const Identity& identity) {
    if (const auto* node = std::get_if<NodeIdentity>(&identity)) {
        named.workflow_id = node->workflow_id;
        named.node_id = node->node_id;
        named.node_type = node->node_type;
    } else {
        named.workflow_id = std::get<WorkflowIdentity>(identity).workflow_id;
    }
}

// The upper bound of the classic bucket with the quantile. Does not interpolate.
double classic_quantile(const std::vector<StatusDurations>& durations, const BucketBounds& bounds,
                        double quantile) {
    std::vector<std::uint64_t> counts(bounds.size() + 1);
    std::uint64_t total = 0;
    for (std::size_t bucket = 0; bucket < counts.size(); ++bucket) {
        for (const auto& [status, histogram] : durations) counts[bucket] += histogram.in_bucket(bucket);
        total += counts[bucket];
    }
    auto wanted = static_cast<std::uint64_t>(std::ceil(quantile * static_cast<double>(total)));
    for (std::size_t bucket = 0; bucket < bounds.size(); ++bucket) {
        if (counts[bucket] >= wanted) return bounds.seconds(bucket);
        wanted -= counts[bucket];
    }
    return std::numeric_limits<double>::infinity();
}

void measure_durations(ActivityRow& measured, const std::vector<StatusDurations>& durations,
                       const BucketBounds& bounds) {
    if (durations.empty()) return;
    for (const auto& [status, histogram] : durations) measured.durations.add(histogram, bounds);
    if (!durations.front().histogram.native()) {
        measured.p50 = classic_quantile(durations, bounds, 0.5);
        measured.p99 = classic_quantile(durations, bounds, 0.99);
        return;
    }
    ExponentialHistogram all = *durations.front().histogram.native();
    for (std::size_t index = 1; index < durations.size(); ++index) {
        if (const auto& native = durations[index].histogram.native()) all.merge(*native);
    }
    measured.p50 = all.quantile(0.5);
    measured.p99 = all.quantile(0.99);
}

// What a row did since `before`; null: since it exists.
struct Done {
    const ExecutionRow* row;
    std::uint64_t ended;
    std::uint64_t failed;
    std::uint64_t duration_ns;
};

Done done_since(const ExecutionRow& row, const ExecutionRow* before) {
    static const ExecutionRow kNothing;
    const ExecutionRow& old = before == nullptr ? kNothing : *before;
    return {&row, row.ended.total() - old.ended.total(),
            row.ended[Status::kFailed] - old.ended[Status::kFailed],
            duration_sum_ns(row) - duration_sum_ns(old)};
}

bool busier(const Done& left, const Done& right) {
    if (left.ended != right.ended) return left.ended > right.ended;
    if (left.row->started != right.row->started) return left.row->started > right.row->started;
    return left.row->labels < right.row->labels;
}

double per_second(std::uint64_t count, double seconds) {
    return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

struct Question {
    const BucketBounds& bounds;
    const ActivityDetails& details;
    std::uint64_t now_ns;
    double seconds;
    std::size_t limit;
};

ActivityRow row_of(const Done& done, std::uint64_t all_duration_ns, const Question& question) {
    ActivityRow row;
    name(row, *done.row->labels->identity);
    row.started = done.row->started;
    row.active = done.row->active();
    row.ended = done.row->ended;
    if (const std::uint64_t begin_ns = done.row->oldest_begin_ns; begin_ns != 0) {
        const std::uint64_t age_ns = question.now_ns > begin_ns ? question.now_ns - begin_ns : 0;
        row.oldest_active_seconds = static_cast<double>(age_ns) / 1e9;
    }
    row.rate = per_second(done.ended, question.seconds);
    row.error_rate = per_second(done.failed, question.seconds);
    if (all_duration_ns > 0) {
        row.share = static_cast<double>(done.duration_ns) / static_cast<double>(all_duration_ns);
    }
    measure_durations(row, done.row->durations, question.bounds);
    question.details.add_to(row);
    return row;
}

std::vector<ActivityRow> busiest(const Rows& now, const Rows& before, const Question& question,
                                 std::size_t& unlisted, ActivityTotals& totals) {
    const RowsByLabels old = by_labels(before);
    std::vector<Done> all;
    std::uint64_t all_duration_ns = 0;
    now.for_each([&](const ExecutionRow& row) {
        const auto known = old.find(row.labels.get());
        all.push_back(done_since(row, known == old.end() ? nullptr : known->second));
        all_duration_ns += all.back().duration_ns;
        totals.rate += per_second(all.back().ended, question.seconds);
        totals.error_rate += per_second(all.back().failed, question.seconds);
        totals.active += row.active();
    });
    const std::size_t listed = std::min(question.limit, all.size());
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(listed), all.end(), busier);
    unlisted = all.size() - listed;
    all.resize(listed);
    std::vector<ActivityRow> rows;
    rows.reserve(all.size());
    for (const Done& done : all) rows.push_back(row_of(done, all_duration_ns, question));
    return rows;
}

}  // namespace

Activity ActivityMeter::measure(const LedgerSnapshot& now, const BucketBounds& bounds, std::uint64_t now_ns,
                                std::size_t limit) {
    forget(now_ns);
    Earlier before{start_ns_, {}};
    Activity activity;
    {
        const std::lock_guard lock(mutex_);
        activity.since_start = earlier_.empty() || earlier_.front().time_ns + kYoungestNs > now_ns;
        if (!activity.since_start) before = earlier_.front();
        if (earlier_.empty() || earlier_.back().time_ns + window_.spacing_ns <= now_ns)
            earlier_.push_back({now_ns, now});
    }
    activity.seconds = now_ns > before.time_ns ? static_cast<double>(now_ns - before.time_ns) / 1e9 : 0;
    const ActivityDetails details(now);
    const Question question{bounds, details, now_ns, activity.seconds, limit};
    activity.workflows = busiest(now.workflows, before.ledger.workflows, question,
                                 activity.unlisted_workflows, activity.workflow_totals);
    activity.nodes =
        busiest(now.nodes, before.ledger.nodes, question, activity.unlisted_nodes, activity.node_totals);
    return activity;
}

void ActivityMeter::forget(std::uint64_t now_ns) {
    const std::lock_guard lock(mutex_);
    while (!earlier_.empty() && earlier_.front().time_ns + window_.longest_ns < now_ns) earlier_.pop_front();
}

}  // namespace flowtap
