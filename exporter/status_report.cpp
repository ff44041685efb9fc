// SPDX-License-Identifier: Apache-2.0
#include "exporter/status_report.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

namespace flowtap {

namespace {

using nlohmann::ordered_json;

std::string dump(const ordered_json& json) {
    return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

ordered_json json_of(const TargetReport& target) {
    return {{"pid", target.pid},
            {"command", target.command},
            {"state", std::string(label_of(target.state))},
            {"profile", target.profile},
            {"observed", target.observed},
            {"unobserved", target.unobserved}};
}

ordered_json json_of(const WorkflowReport& workflow) {
    ordered_json json = {
        {"workflow_id", workflow.workflow_id}, {"started", workflow.started}, {"active", workflow.active}};
    workflow.ended.for_each(
        [&json](Status, std::string_view status, std::uint64_t count) { json[std::string(status)] = count; });
    return json;
}

template <typename Reports>
ordered_json json_list(const Reports& reports) {
    ordered_json list = ordered_json::array();
    for (const auto& report : reports) list.push_back(json_of(report));
    return list;
}

}  // namespace

std::vector<WorkflowReport> busiest_workflows(const LedgerSnapshot& snapshot, std::size_t limit) {
    std::vector<WorkflowReport> reports;
    snapshot.workflows.for_each([&reports](const ExecutionRow& row) {
        const auto& workflow = std::get<WorkflowIdentity>(*row.labels->identity);
        reports.push_back({workflow.workflow_id, row.started, row.active(), row.ended});
    });
    const auto kept = reports.begin() + static_cast<std::ptrdiff_t>(std::min(limit, reports.size()));
    std::partial_sort(reports.begin(), kept, reports.end(), [](const auto& left, const auto& right) {
        if (left.started != right.started) return left.started > right.started;
        return left.workflow_id < right.workflow_id;
    });
    reports.erase(kept, reports.end());
    return reports;
}

std::string to_json(const StatusReport& report) {
    std::vector<std::string> reasons = report.health.reasons;
    std::copy(report.readiness.reasons.begin(), report.readiness.reasons.end(), std::back_inserter(reasons));
    return dump({{"version", report.version},
                 {"healthy", report.health.good()},
                 {"ready", report.readiness.good()},
                 {"reasons", reasons},
                 {"targets", json_list(report.targets)},
                 {"workflows", json_list(report.workflows)}});
}

std::string to_json(const Verdict& verdict, const std::string& good, const std::string& bad) {
    if (verdict.good()) return dump({{"status", good}});
    return dump({{"status", bad}, {"reasons", verdict.reasons}});
}

}  // namespace flowtap
