// SPDX-License-Identifier: Apache-2.0
#include "exporter/metrics/activity_tables.h"

#include "exporter/views/html.h"
#include "exporter/views/human_numbers.h"

namespace flowtap {

namespace {

std::string cell(const std::string& text, const std::string& kind = "") {
    const bool zero = text == "0" || text == "–";
    return "<td class=\"n" + kind + (zero ? " zero" : "") + "\">" + text + "</td>";
}

std::string alarming(std::uint64_t count) { return count == 0 ? "" : " bad"; }

// Who does not see the picture hears the two numbers that matter.
std::string picture(const ActivityRow& row) {
    if (!row.p50) return "<span class=\"zero\">–</span>";
    return row.durations.svg("Durations: half up to " + duration_text(row.p50) + ", 99 % up to " +
                             duration_text(row.p99));
}

std::string active_text(const ActivityRow& row) {
    std::string text = count_text(row.active);
    if (row.active != 0 && row.oldest_active_seconds) {
        text += "<br><small class=\"zero\">oldest " + duration_text(row.oldest_active_seconds) + "</small>";
    }
    return text;
}

std::string name_cell(const ActivityRow& row, bool nodes) {
    if (!nodes) return "<th scope=\"row\">" + escaped(row.workflow_id) + "</th>";
    return "<th scope=\"row\">" + escaped(row.node_id) + "<small>" + escaped(row.node_type) + " in " +
           escaped(row.workflow_id) + "</small></th>";
}

std::string row_html(const ActivityRow& row, bool nodes) {
    const std::uint64_t failed = row.ended[Status::kFailed];
    const std::uint64_t stopped = row.ended[Status::kCancelled] + row.ended[Status::kAborted];
    return "<tr>" + name_cell(row, nodes) + "<td>" + picture(row) + "</td>" + cell(duration_text(row.p50)) +
           cell(duration_text(row.p99)) + cell(rate_text(row.rate)) +
           cell(rate_text(row.error_rate), row.error_rate > 0 ? " bad" : "") + cell(active_text(row)) +
           cell(share_text(row.share)) + cell(count_text(row.started)) +
           cell(count_text(failed), alarming(failed)) + cell(count_text(stopped)) + "</tr>\n";
}

std::string table(const std::string& caption, const std::vector<ActivityRow>& rows, bool nodes) {
    std::string html = "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" + caption +
                       "\"><table><thead><tr><th scope=\"col\">" + (nodes ? "Node" : "Workflow") +
                       "</th><th scope=\"col\">" + LatencyPicture::axis_svg() + "</th>";
    for (const char* title : {"p50", "p99", "Rate", "Errors", "Active", "Share of time", "Started", "Failed",
                              "Cancelled or aborted"}) {
        html += "<th scope=\"col\" class=\"n\">" + std::string(title) + "</th>";
    }
    html += "</tr></thead><tbody>\n";
    for (const ActivityRow& row : rows) html += row_html(row, nodes);
    return html + "</tbody></table></div>\n";
}

std::string section(const std::string& title, const std::vector<ActivityRow>& rows, std::size_t unlisted,
                    bool nodes) {
    std::string html = "<h2>" + title + "</h2>\n";
    if (rows.empty()) return html + "<p class=\"note\">None has begun since flowtap watches.</p>\n";
    html += table(title, rows, nodes);
    if (unlisted != 0) {
        html += "<p class=\"note\">" + count_text(unlisted) +
                " less busy ones are not listed; <a href=\"/metrics\">/metrics</a> has all.</p>\n";
    }
    return html;
}

std::string explanation(const Activity& activity) {
    const std::string window = duration_text(activity.seconds);
    return "<p class=\"note\">Rate, errors and share of time: " +
           (activity.since_start ? "since flowtap started, " + window + " ago" : "over the last " + window) +
           ". Counts and durations: since flowtap watches.</p>\n";
}

}  // namespace

std::string activity_sections(const Activity& activity) {
    return explanation(activity) +
           section("Workflows", activity.workflows, activity.unlisted_workflows, false) +
           section("Nodes", activity.nodes, activity.unlisted_nodes, true);
}

}  // namespace flowtap
