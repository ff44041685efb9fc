// SPDX-License-Identifier: Apache-2.0
#include "exporter/views/status_reader.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace flowtap {

namespace {

using Json = nlohmann::json;

const Json& member(const Json& object, const char* name) {
    static const Json kNothing;
    if (!object.is_object()) return kNothing;
    const auto found = object.find(name);
    return found == object.end() ? kNothing : *found;
}

void read(const Json& value, std::string& text) {
    if (value.is_string()) text = value.get_ref<const std::string&>();
}

void read(const Json& value, bool& flag) {
    if (value.is_boolean()) flag = value.get<bool>();
}

// Negative numbers and fractions are not counts.
void read(const Json& value, std::uint64_t& count) {
    if (value.is_number_unsigned()) count = value.get<std::uint64_t>();
}

void read(const Json& value, double& number) {
    if (!value.is_number()) return;
    const auto given = value.get<double>();
    if (std::isfinite(given) && given >= 0) number = given;
}

void read(const Json& value, std::optional<double>& number) {
    if (!value.is_number()) return;
    number = 0;
    read(value, *number);
}

template <typename Member>
void read(const Json& object, const char* name, Member& into) {
    read(member(object, name), into);
}

template <typename Visit>
void each(const Json& list, Visit visit) {
    if (!list.is_array()) return;
    for (std::size_t i = 0; i < std::min(list.size(), kMostRows); ++i) visit(list[i]);
}

ErrorCount error_of(const Json& json) {
    ErrorCount error;
    read(json, "error_type", error.type);
    read(json, "count", error.count);
    return error;
}

ActivityRow row_of(const Json& json) {
    ActivityRow row;
    read(json, "workflow_id", row.workflow_id);
    read(json, "node_id", row.node_id);
    read(json, "node_type", row.node_type);
    read(json, "started", row.started);
    read(json, "active", row.active);
    for (std::size_t index = 0; index < Tally<Status>::kSize; ++index) {
        const auto status = static_cast<Status>(index);
        read(json, std::string(label_of(status)).c_str(), row.ended[status]);
    }
    read(json, "rate", row.rate);
    read(json, "error_rate", row.error_rate);
    read(json, "share_of_time", row.share);
    read(json, "on_critical_path", row.on_critical_path);
    each(member(json, "errors"), [&](const Json& error) { row.errors.push_back(error_of(error)); });
    read(json, "p50_seconds", row.p50);
    read(json, "p99_seconds", row.p99);
    read(json, "oldest_active_seconds", row.oldest_active_seconds);
    return row;
}

ActivityTotals totals_of(const Json& json) {
    ActivityTotals totals;
    read(json, "rate", totals.rate);
    read(json, "error_rate", totals.error_rate);
    read(json, "active", totals.active);
    return totals;
}

Activity activity_of(const Json& json) {
    Activity activity;
    read(json, "window_seconds", activity.seconds);
    read(json, "since_start", activity.since_start);
    each(member(json, "workflows"), [&](const Json& row) { activity.workflows.push_back(row_of(row)); });
    each(member(json, "nodes"), [&](const Json& row) { activity.nodes.push_back(row_of(row)); });
    read(json, "unlisted_workflows", activity.unlisted_workflows);
    read(json, "unlisted_nodes", activity.unlisted_nodes);
    activity.workflow_totals = totals_of(member(json, "workflow_totals"));
    activity.node_totals = totals_of(member(json, "node_totals"));
    return activity;
}

TargetState state_of(const Json& json) {
    std::string name;
    read(json, name);
    for (const TargetState state : {TargetState::kAttached, TargetState::kFailed, TargetState::kGone})
        if (label_of(state) == name) return state;
    return TargetState::kFailed;
}

std::vector<std::string> texts_of(const Json& json) {
    std::vector<std::string> texts;
    each(json, [&](const Json& text) { read(text, texts.emplace_back()); });
    return texts;
}

PointState point_state_of(const Json& json) {
    std::string name;
    read(json, name);
    for (const PointState state : {PointState::kExact, PointState::kInexact, PointState::kWaiting})
        if (label_of(state) == name) return state;
    return PointState::kUnobserved;
}

PointReport point_of(const Json& json) {
    PointReport point;
    read(json, "name", point.name);
    point.state = point_state_of(member(json, "state"));
    read(json, "mechanism", point.mechanism);
    read(json, "group", point.group);
    read(json, "executions", point.executions);
    if (member(json, "hits").is_number_unsigned()) read(json, "hits", point.hits.emplace());
    read(json, "added_seconds", point.added_seconds);
    read(json, "remark", point.remark);
    return point;
}

TargetReport target_of(const Json& json) {
    TargetReport target;
    std::uint64_t pid = 0;
    read(json, "pid", pid);
    target.pid = static_cast<std::int32_t>(std::min<std::uint64_t>(pid, INT32_MAX));
    read(json, "executable", target.executable);
    read(json, "profile", target.profile);
    target.state = state_of(member(json, "state"));
    target.observed = texts_of(member(json, "observed"));
    target.inexact = texts_of(member(json, "inexact"));
    target.unobserved = texts_of(member(json, "unobserved"));
    each(member(json, "points"), [&](const Json& point) { target.points.push_back(point_of(point)); });
    read(json, "hits_per_second", target.hits_per_second);
    read(json, "overhead", target.overhead);
    return target;
}

// The JSON has one list of reasons for both verdicts; they go to the verdict that is not good.
void read_verdicts(const Json& json, StatusReport& report) {
    bool healthy = true;
    bool ready = true;
    read(json, "healthy", healthy);
    read(json, "ready", ready);
    std::vector<std::string> reasons = texts_of(member(json, "reasons"));
    if (reasons.empty()) reasons.emplace_back("no reason given");
    if (!healthy) {
        report.health.reasons = std::move(reasons);
    } else if (!ready) {
        report.readiness.reasons = std::move(reasons);
    }
}

}  // namespace

Result<StatusReport> read_status(std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    if (!member(json, "workflows").is_array())
        return Error{"read status", "", "not the status of a flowtap daemon", "check the address"};
    StatusReport report;
    read(json, "version", report.version);
    read_verdicts(json, report);
    each(member(json, "targets"), [&](const Json& target) { report.targets.push_back(target_of(target)); });
    report.activity = activity_of(json);
    read(json, "events_received", report.reception.events_received);
    read(json, "events_lost", report.reception.events_lost);
    read(json, "executions_unpaired", report.reception.executions_unpaired);
    return report;
}

}  // namespace flowtap
