// SPDX-License-Identifier: Apache-2.0
#include "exporter/views/status_report.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>

#include "exporter/views/human_numbers.h"
#include "machine/facts_json.h"

namespace flowtap {

namespace {

using nlohmann::ordered_json;

std::string dump(const ordered_json& json) {
    return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

ordered_json json_of(const std::optional<double>& number) {
    return number && std::isfinite(*number) ? ordered_json(*number) : ordered_json(nullptr);
}

ordered_json json_of(const PointReport& point) {
    return {{"name", point.name},
            {"state", std::string(label_of(point.state))},
            {"mechanism", point.mechanism},
            {"group", point.group},
            {"executions", point.executions},
            {"hits", point.hits ? ordered_json(*point.hits) : ordered_json(nullptr)},
            {"added_seconds", json_of(point.added_seconds)},
            {"remark", point.remark}};
}

ordered_json json_of(const TargetReport& target);
ordered_json json_of(const ActivityRow& row);

template <typename Reports>
ordered_json json_list(const Reports& reports) {
    ordered_json list = ordered_json::array();
    for (const auto& report : reports) list.push_back(json_of(report));
    return list;
}

ordered_json json_of(const TargetReport& target) {
    return {{"pid", target.pid},
            {"executable", target.executable},
            {"state", std::string(label_of(target.state))},
            {"profile", target.profile},
            {"observed", target.observed},
            {"inexact", target.inexact},
            {"unobserved", target.unobserved},
            {"never_hit", target.never_hit},
            {"points", json_list(target.points)},
            {"warnings", target.warnings},
            {"hits_per_second", json_of(target.hits_per_second)},
            {"overhead", json_of(target.overhead)}};
}

ordered_json json_of(const LatencyPicture& picture) {
    ordered_json bars = ordered_json::array();
    for (std::size_t bar = 0; bar < LatencyPicture::kBars; ++bar) {
        const std::uint64_t count = picture.bars()[bar];
        if (count != 0) bars.push_back({LatencyPicture::upper_edge(bar), count});
    }
    return bars;
}

ordered_json json_of(const std::vector<ErrorCount>& errors) {
    ordered_json list = ordered_json::array();
    for (const ErrorCount& error : errors)
        list.push_back({{"error_type", error.type}, {"count", error.count}});
    return list;
}

ordered_json json_of(const ActivityRow& row) {
    ordered_json json = {{"workflow_id", row.workflow_id}};
    const bool is_node = !row.node_id.empty() || !row.node_type.empty();
    if (is_node) {
        json["node_id"] = row.node_id;
        json["node_type"] = row.node_type;
    }
    json["started"] = row.started;
    json["active"] = row.active;
    row.ended.for_each(
        [&json](Status, std::string_view status, std::uint64_t count) { json[std::string(status)] = count; });
    json["rate"] = row.rate;
    json["error_rate"] = row.error_rate;
    json["share_of_time"] = row.share;
    json["on_critical_path"] = json_of(row.on_critical_path);
    json["errors"] = json_of(row.errors);
    json["p50_seconds"] = json_of(row.p50);
    json["p99_seconds"] = json_of(row.p99);
    if (!is_node) json["oldest_active_seconds"] = json_of(row.oldest_active_seconds);
    json["durations"] = json_of(row.durations);
    return json;
}

ordered_json json_of(const ActivityTotals& totals) {
    return {{"rate", totals.rate}, {"error_rate", totals.error_rate}, {"active", totals.active}};
}

}  // namespace

std::vector<std::string> warnings_of(const StatusReport& report) {
    std::vector<std::string> lines;
    for (const TargetReport& target : report.targets) {
        if (target.state != TargetState::kAttached) continue;
        for (const std::string& warning : target.warnings)
            lines.push_back("process " + std::to_string(target.pid) + ": " + warning);
    }
    return lines;
}

namespace {

// `lines`: used for an older daemon, which does not report single points.
std::size_t count_points(const StatusReport& report, PointState state,
                         std::vector<std::string> TargetReport::*lines) {
    std::size_t count = 0;
    for (const TargetReport& target : report.targets) {
        if (target.state != TargetState::kAttached) continue;
        const auto points = std::ranges::count(target.points, state, &PointReport::state);
        count += target.points.empty() ? (target.*lines).size() : static_cast<std::size_t>(points);
    }
    return count;
}

}  // namespace

std::vector<std::string> degradations_of(const StatusReport& report) {
    std::vector<std::string> lines;
    const auto add = [&](std::size_t count, const char* one, const char* what) {
        if (count != 0) lines.push_back(counted_text(count, one) + " " + what);
    };
    add(count_points(report, PointState::kUnobserved, &TargetReport::unobserved), "point", "not observed");
    add(count_points(report, PointState::kInexact, &TargetReport::inexact), "point", "not exact");
    const auto refused = std::ranges::count(report.targets, TargetState::kFailed, &TargetReport::state);
    add(static_cast<std::size_t>(refused), "process", "not attached to");
    add(report.reception.events_lost, "event", "lost");
    return lines;
}

std::string_view state_of(const StatusReport& report) {
    if (!report.health.good()) return "unhealthy";
    if (!report.readiness.good()) return "not ready";
    return degradations_of(report).empty() ? "healthy" : "degraded";
}

Reception reception_of(const CollectorStats& stats, const LedgerSnapshot& executions) {
    return {stats.events_received, stats.events_lost.total(), executions.unpaired.total()};
}

std::string to_json(const StatusReport& report) {
    std::vector<std::string> reasons = report.health.reasons;
    std::copy(report.readiness.reasons.begin(), report.readiness.reasons.end(), std::back_inserter(reasons));
    for (std::string& warning : warnings_of(report)) reasons.push_back(std::move(warning));
    return dump({{"version", report.version},
                 {"healthy", report.health.good()},
                 {"ready", report.readiness.good()},
                 {"reasons", reasons},
                 {"state", std::string(state_of(report))},
                 {"degraded", degradations_of(report)},
                 {"targets", json_list(report.targets)},
                 {"window_seconds", report.activity.seconds},
                 {"since_start", report.activity.since_start},
                 {"workflows", json_list(report.activity.workflows)},
                 {"nodes", json_list(report.activity.nodes)},
                 {"unlisted_workflows", report.activity.unlisted_workflows},
                 {"unlisted_nodes", report.activity.unlisted_nodes},
                 {"workflow_totals", json_of(report.activity.workflow_totals)},
                 {"node_totals", json_of(report.activity.node_totals)},
                 {"events_received", report.reception.events_received},
                 {"events_lost", report.reception.events_lost},
                 {"executions_unpaired", report.reception.executions_unpaired},
                 {"machine", ordered_json(to_json(report.machine))}});
}

std::string to_json(const Verdict& verdict, const std::string& good, const std::string& bad) {
    if (verdict.good()) return dump({{"status", good}});
    return dump({{"status", bad}, {"reasons", verdict.reasons}});
}

}  // namespace flowtap
