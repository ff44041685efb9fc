// SPDX-License-Identifier: Apache-2.0
#include "exporter/views/top_view.h"

#include <algorithm>
#include <iterator>

#include "exporter/views/human_numbers.h"
#include "exporter/views/terminal_text.h"
#include "exporter/views/top_panes.h"

namespace flowtap {

namespace {

using Lines = std::vector<std::string>;

std::string health_text(const StatusReport& report) {
    if (!report.health.good()) return "unhealthy: " + report.health.reasons.front();
    if (!report.readiness.good()) return "not ready: " + report.readiness.reasons.front();
    return std::string(state_of(report));
}

std::string window_text(const Activity& activity) {
    return (activity.since_start ? "since the start, " : "over the last ") + duration_text(activity.seconds);
}

std::size_t count_targets(const StatusReport& report, TargetState state) {
    const auto count = std::ranges::count(report.targets, state, &TargetReport::state);
    return static_cast<std::size_t>(count);
}

std::string targets_text(const StatusReport& report) {
    std::string text = counted_text(count_targets(report, TargetState::kAttached), "target");
    if (const std::size_t gone = count_targets(report, TargetState::kGone); gone != 0)
        text += ", " + count_text(gone) + " gone";
    return text;
}

// Of all attached targets; empty: unknown.
std::string hits_text(const StatusReport& report) {
    double hits = 0;
    std::optional<double> worst;
    for (const TargetReport& target : report.targets) {
        if (target.state != TargetState::kAttached) continue;
        hits += target.hits_per_second.value_or(0);
        if (target.overhead) worst = std::max(worst.value_or(0), *target.overhead);
    }
    if (hits == 0) return {};
    return "hits " + rate_text(hits) + (worst ? ", at most " + share_text(*worst) + " overhead" : "");
}

std::string totals_text(const std::string& what, const ActivityTotals& totals) {
    return what + " " + rate_text(totals.rate) + ", failed " + rate_text(totals.error_rate) + ", active " +
           count_text(totals.active);
}

// Reasons why the numbers below are incomplete.
Lines doubts(const StatusReport& report, const TopView& view) {
    Lines doubts;
    if (!view.trouble.empty()) doubts.push_back("out of date: " + view.trouble);
    for (const std::string& line : degradations_of(report)) doubts.push_back(line);
    return doubts;
}

std::string joined(const Lines& parts) {
    std::string text;
    for (const std::string& part : parts)
        if (!part.empty()) text += (text.empty() ? "" : " · ") + part;
    return text;
}

// Puts as many parts on a line as fit.
void add_parts(const Lines& parts, std::size_t columns, Lines& lines) {
    std::string line;
    for (const std::string& part : parts) {
        if (part.empty()) continue;
        const std::string longer = joined({line, part});
        if (!line.empty() && columns_of(longer) > columns) {
            lines.push_back(shortened(line, columns));
            line = part;
        } else {
            line = longer;
        }
    }
    if (!line.empty()) lines.push_back(shortened(line, columns));
}

Lines header(const StatusReport& report, const TopView& view, const TopScreen& screen) {
    const std::size_t columns = screen.columns;
    const std::string title = joined({"flowtap top", view.source, health_text(report),
                                      (view.paused ? "paused, " : "") + window_text(report.activity)});
    const bool bad = !report.health.good();
    Lines lines = {bad ? alarm_style(shortened(title, columns), screen) : shortened(title, columns)};
    add_parts({targets_text(report), totals_text("workflows", report.activity.workflow_totals),
               totals_text("nodes", report.activity.node_totals), hits_text(report)},
              columns, lines);
    if (const Lines why = doubts(report, view); !why.empty())
        lines.push_back(alarm_style(shortened(joined(why), columns), screen));
    lines.emplace_back();
    return lines;
}

std::string keys_text(const TopView& view) {
    if (view.filtering) return "filter: " + view.filter + "_";
    if (!view.filter.empty()) return "only *" + view.filter + "* · Esc shows all · / filter · q quit";
    return "q quit · ? points, keys · x errors · / filter · sort: r rate, e errors, c path";
}

Lines footer(const TopView& view, const TopScreen& screen) {
    Lines lines;
    if (!view.news.empty()) lines.push_back(shortened(view.news, screen.columns));
    if (view.keys) lines.push_back(shortened(keys_text(view), screen.columns));
    return lines;
}

bool matches(const ActivityRow& row, const std::string& filter) {
    return row.workflow_id.find(filter) != std::string::npos ||
           row.node_id.find(filter) != std::string::npos || row.node_type.find(filter) != std::string::npos;
}

// Unlisted rows may or may not match, so they are no longer counted.
Activity filtered(Activity activity, const std::string& filter) {
    if (filter.empty()) return activity;
    std::erase_if(activity.workflows, [&](const ActivityRow& row) { return !matches(row, filter); });
    std::erase_if(activity.nodes, [&](const ActivityRow& row) { return !matches(row, filter); });
    activity.unlisted_workflows = activity.unlisted_nodes = 0;
    return activity;
}

struct Rooms {
    std::size_t workflows;
    std::size_t nodes;
};

std::size_t lines_for(std::size_t rows, std::size_t unlisted) {
    return std::max<std::size_t>(rows + (unlisted == 0 ? 0 : 1), 1);
}

// A third for the workflows, more if the nodes need less; each gets at least one line.
Rooms share_out(const Activity& activity, std::size_t room) {
    const std::size_t workflows = lines_for(activity.workflows.size(), activity.unlisted_workflows);
    const std::size_t nodes = lines_for(activity.nodes.size(), activity.unlisted_nodes);
    if (workflows + nodes <= room) return {workflows, nodes};
    const std::size_t spare = room > nodes ? room - nodes : 0;
    const std::size_t first = std::max<std::size_t>(std::min(workflows, std::max(room / 3, spare)), 1);
    return {first, std::max<std::size_t>(room > first ? room - first : 0, 1)};
}

void append(Lines& lines, Lines more) { std::ranges::move(more, std::back_inserter(lines)); }

// Both tables in `room` lines, which include two titles and a separator.
Lines tables(Activity activity, const TopView& view, const TopScreen& screen, std::size_t room) {
    sort_rows(activity.workflows, view.order);
    sort_rows(activity.nodes, view.order);
    const Rooms rooms = share_out(activity, room > 3 ? room - 3 : 2);
    Lines lines = table_lines(RowKind::kWorkflow, activity.workflows, activity.unlisted_workflows,
                              rooms.workflows, screen);
    lines.emplace_back();
    append(lines, table_lines(RowKind::kNode, activity.nodes, activity.unlisted_nodes, rooms.nodes, screen));
    return lines;
}

Lines pane(const StatusReport& report, const TopView& view, const TopScreen& screen, std::size_t room) {
    const Activity activity = filtered(report.activity, view.filter);
    switch (view.pane) {
        case TopPane::kTables:
            return tables(activity, view, screen, room);
        case TopPane::kPoints:
            return points_pane(report, screen);
        case TopPane::kErrors:
            return errors_pane(activity, screen);
    }
    return {};
}

}  // namespace

std::vector<std::string> top_lines(const StatusReport& report, const TopView& view, const TopScreen& screen) {
    Lines lines = header(report, view, screen);
    Lines last = footer(view, screen);
    const std::size_t taken = lines.size() + last.size();
    const std::size_t rows = screen.rows == 0 ? SIZE_MAX : screen.rows;
    append(lines, pane(report, view, screen, rows > taken ? rows - taken : 0));
    const std::size_t body = rows > last.size() ? rows - last.size() : 0;
    if (lines.size() > body) lines.resize(body);
    append(lines, std::move(last));
    if (lines.size() > rows) lines.resize(rows);
    if (!screen.utf8) std::ranges::transform(lines, lines.begin(), in_ascii);
    return lines;
}

}  // namespace flowtap
