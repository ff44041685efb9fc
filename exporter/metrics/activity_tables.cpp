// SPDX-License-Identifier: Apache-2.0
#include "exporter/metrics/activity_tables.h"

#include <iterator>

#include "exporter/views/html.h"
#include "exporter/views/human_numbers.h"
#include "pipeline/identity.h"

namespace flowtap {

namespace {

struct Column {
    const char* title;
    const char* hint;
    std::string (*text)(const ActivityRow& row);
    bool (*alarming)(const ActivityRow& row) = [](const ActivityRow&) { return false; };
};

// Users who cannot see the picture get the two most important numbers as text.
std::string picture(const ActivityRow& row) {
    if (!row.p50) return "<span class=\"zero\">–</span>";
    return row.durations.svg("Durations: half up to " + duration_text(row.p50) + ", 99 % up to " +
                             duration_text(row.p99));
}

std::string active_text(const ActivityRow& row) {
    std::string text = count_text(row.active);
    if (row.active != 0 && row.oldest_active_seconds)
        text += "<br><small>oldest " + duration_text(row.oldest_active_seconds) + "</small>";
    return text;
}

constexpr Column kColumns[] = {
    {"p50", "half of the durations are at most this",
     [](const ActivityRow& row) { return duration_text(row.p50); }},
    {"p99", "99 % of the durations are at most this",
     [](const ActivityRow& row) { return duration_text(row.p99); }},
    {"Rate", "executions that ended", [](const ActivityRow& row) { return rate_text(row.rate); }},
    {"Errors", "of these, failed", [](const ActivityRow& row) { return rate_text(row.error_rate); },
     [](const ActivityRow& row) { return row.error_rate > 0; }},
    {"Active", "started and not ended", active_text},
    {"Time", "share of the time that all of them together took",
     [](const ActivityRow& row) { return share_text(row.share); }},
    {"Critical path",
     "share of the wall time of the workflow's successful executions that this node bounded; for a workflow: "
     "that no node bounded, but the engine itself",
     [](const ActivityRow& row) { return row.on_critical_path ? share_text(*row.on_critical_path) : "–"; }},
    {"Started", "since flowtap began to watch",
     [](const ActivityRow& row) { return count_text(row.started); }},
    {"Failed", "since flowtap began to watch",
     [](const ActivityRow& row) { return count_text(row.ended[Status::kFailed]); },
     [](const ActivityRow& row) { return row.ended[Status::kFailed] > 0; }},
    {"Stopped", "cancelled or aborted",
     [](const ActivityRow& row) {
         return count_text(row.ended[Status::kCancelled] + row.ended[Status::kAborted]);
     }},
};

// An additional line below the row; empty if nothing failed.
std::string errors_row(const ActivityRow& row) {
    if (row.errors.empty()) return "";
    std::string html;
    for (const ErrorCount& error : row.errors)
        html += std::string(html.empty() ? "" : " · ") + escaped(error.type) + " " + count_text(error.count);
    const std::string columns = std::to_string(std::size(kColumns) + 2);
    return "<tr class=\"errors\"><td colspan=\"" + columns + "\">" + html + "</td></tr>\n";
}

std::string cell(const Column& column, const ActivityRow& row) {
    const std::string text = column.text(row);
    const bool zero = text == "0" || text == "–";
    const std::string kind = zero ? " zero" : column.alarming(row) ? " bad" : "";
    return "<td class=\"n" + kind + "\" data-t=\"" + column.title + "\">" + text + "</td>";
}

// If a workflow has no name of its own, its name is not repeated for each of its nodes.
std::string name_cell(const ActivityRow& row, bool nodes) {
    if (!nodes) return "<th scope=\"row\">" + escaped(row.workflow_id) + "</th>";
    const std::string in = row.workflow_id == kUnnamed ? "" : " in " + escaped(row.workflow_id);
    return "<th scope=\"row\">" + escaped(row.node_id) + "<small>" + escaped(row.node_type) + in +
           "</small></th>";
}

std::string row_html(const ActivityRow& row, bool nodes) {
    std::string html = "<tr>" + name_cell(row, nodes) + "<td class=\"picture\">" + picture(row) + "</td>";
    for (const Column& column : kColumns) html += cell(column, row);
    return html + "</tr>\n" + errors_row(row);
}

std::string table(const std::string& caption, const std::vector<ActivityRow>& rows, bool nodes) {
    std::string html = "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" + caption +
                       "\"><table><thead><tr><th scope=\"col\">" + (nodes ? "Node" : "Workflow") +
                       "</th><th scope=\"col\">" + LatencyPicture::axis_svg() + "</th>";
    for (const Column& column : kColumns) {
        html += "<th scope=\"col\" class=\"n\" title=\"" + std::string(column.hint) + "\">" + column.title +
                "</th>";
    }
    html += "</tr></thead><tbody>\n";
    for (const ActivityRow& row : rows) html += row_html(row, nodes);
    return html + "</tbody></table></div>\n";
}

std::string section(const std::string& title, const std::vector<ActivityRow>& rows, std::size_t unlisted,
                    bool nodes) {
    std::string html = "<h2>" + title + "</h2>\n";
    if (rows.empty()) return html + "<p class=\"note\">None has started since flowtap began to watch.</p>\n";
    html += table(title, rows, nodes);
    if (unlisted != 0) {
        html += "<p class=\"note\">" + count_text(unlisted) + " less busy " +
                (unlisted == 1 ? "one is" : "ones are") +
                " not listed; <a href=\"metrics\">/metrics</a> has all.</p>\n";
    }
    return html;
}

std::string explanation(const Activity& activity) {
    const std::string window = duration_text(activity.seconds);
    return "<p class=\"note\">Rate, errors and time: " +
           (activity.since_start ? "since flowtap started, " + window + " ago" : "over the last " + window) +
           ". Counts and durations: since flowtap began to watch.</p>\n";
}

}  // namespace

std::string activity_sections(const Activity& activity) {
    return explanation(activity) +
           section("Workflows", activity.workflows, activity.unlisted_workflows, false) +
           section("Nodes", activity.nodes, activity.unlisted_nodes, true);
}

}  // namespace flowtap
