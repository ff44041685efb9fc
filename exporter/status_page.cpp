// SPDX-License-Identifier: Apache-2.0
#include <string_view>

#include "exporter/status_report.h"

namespace flowtap {

namespace {

constexpr std::string_view kHead =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>flowtap</title>\n"
    "<style>body{font:15px/1.5 sans-serif;margin:2em;max-width:70em}table{border-collapse:collapse}"
    "td,th{border:1px solid #ccc;padding:.2em .6em;text-align:left;vertical-align:top}"
    "td.n{text-align:right}.bad{color:#b00}</style></head><body>\n";
constexpr std::string_view kLinks =
    "<p><a href=\"/metrics\">Metrics</a> · <a href=\"/health\">Health</a> · <a href=\"/ready\">Readiness</a> "
    "· "
    "<a href=\"/api/v1/status\">Status as JSON</a></p>\n";

std::string escaped(std::string_view text) {
    std::string html;
    html.reserve(text.size());
    for (const char character : text) {
        switch (character) {
            case '&':
                html += "&amp;";
                break;
            case '<':
                html += "&lt;";
                break;
            case '>':
                html += "&gt;";
                break;
            case '"':
                html += "&quot;";
                break;
            case '\'':
                html += "&#39;";
                break;
            default:
                html += character;
        }
    }
    return html;
}

std::string cell(std::string_view text) { return "<td>" + escaped(text) + "</td>"; }
std::string cell(std::uint64_t number) { return "<td class=\"n\">" + std::to_string(number) + "</td>"; }

std::string lines_cell(const std::vector<std::string>& lines) {
    std::string html;
    for (const auto& line : lines) html += escaped(line) + "<br>";
    return "<td>" + html + "</td>";
}

std::string verdict_line(std::string_view good, std::string_view bad, const Verdict& verdict) {
    if (verdict.good()) return "<p>" + std::string(good) + "</p>\n";
    std::string html = "<p class=\"bad\">" + std::string(bad);
    for (const auto& reason : verdict.reasons) html += "<br>" + escaped(reason);
    return html + "</p>\n";
}

std::string targets_table(const std::vector<TargetReport>& targets) {
    if (targets.empty()) return "<p>No targets.</p>\n";
    std::string html =
        "<table><tr><th>PID</th><th>Command</th><th>State</th><th>Profile</th><th>Observed</th>"
        "<th>Not observed</th></tr>\n";
    for (const auto& target : targets) {
        html += "<tr><td class=\"n\">" + std::to_string(target.pid) + "</td>" + cell(target.command) +
                cell(label_of(target.state)) + cell(target.profile) + lines_cell(target.observed) +
                lines_cell(target.unobserved) + "</tr>\n";
    }
    return html + "</table>\n";
}

std::string workflows_table(const std::vector<WorkflowReport>& workflows) {
    if (workflows.empty()) return "<p>No executions yet.</p>\n";
    std::string html = "<table><tr><th>Workflow</th><th>started</th><th>active</th>";
    Tally<Status>().for_each([&html](Status, std::string_view status, std::uint64_t) {
        html += "<th>" + std::string(status) + "</th>";
    });
    html += "</tr>\n";
    for (const auto& workflow : workflows) {
        html += "<tr>" + cell(workflow.workflow_id) + cell(workflow.started) + cell(workflow.active);
        workflow.ended.for_each(
            [&html](Status, std::string_view, std::uint64_t count) { html += cell(count); });
        html += "</tr>\n";
    }
    return html + "</table>\n";
}

}  // namespace

std::string to_html(const StatusReport& report) {
    return std::string(kHead) + "<h1>flowtap " + escaped(report.version) + "</h1>\n" + std::string(kLinks) +
           verdict_line("Healthy.", "Unhealthy:", report.health) +
           verdict_line("Ready.", "Not ready:", report.readiness) + "<h2>Targets</h2>\n" +
           targets_table(report.targets) + "<h2>Busiest workflows</h2>\n" +
           workflows_table(report.workflows) + "</body></html>\n";
}

}  // namespace flowtap
