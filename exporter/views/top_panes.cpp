// SPDX-License-Identifier: Apache-2.0
#include "exporter/views/top_panes.h"

#include <algorithm>
#include <functional>

#include "exporter/views/human_numbers.h"
#include "exporter/views/terminal_text.h"
#include "exporter/views/top_keys.h"

namespace flowtap {

namespace {

constexpr std::size_t kCountWidth = 11;

struct ErrorLine {
    std::uint64_t count;
    std::string what;
};

void add_point_lines(const TargetReport& target, PointState state, const TopScreen& screen,
                     std::vector<std::string>& lines) {
    for (const PointReport& point : target.points) {
        if (point.state != state) continue;
        const std::string line =
            "process " + std::to_string(target.pid) + ", " + point.name + ": " + point.remark;
        lines.push_back(shortened(line, screen.columns));
    }
}

void add_points(const StatusReport& report, PointState state, const std::string& title,
                const TopScreen& screen, std::vector<std::string>& lines) {
    const std::size_t before = lines.size();
    for (const TargetReport& target : report.targets)
        if (target.state == TargetState::kAttached) add_point_lines(target, state, screen, lines);
    if (lines.size() == before) return;
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(before),
                 title_style(fitted(title, screen.columns), screen));
}

std::size_t count_in_state(const StatusReport& report, PointState state) {
    std::size_t count = 0;
    for (const TargetReport& target : report.targets) {
        if (target.state != TargetState::kAttached) continue;
        count += static_cast<std::size_t>(std::ranges::count(target.points, state, &PointReport::state));
    }
    return count;
}

void add_errors(const std::vector<ActivityRow>& rows, std::vector<ErrorLine>& lines) {
    for (const ActivityRow& row : rows) {
        const std::string who = row.node_id.empty() ? row.workflow_id : row.workflow_id + " / " + row.node_id;
        for (const ErrorCount& error : row.errors) lines.push_back({error.count, error.type + "  " + who});
    }
}

}  // namespace

std::vector<std::string> points_pane(const StatusReport& report, const TopScreen& screen) {
    std::vector<std::string> lines;
    for (const std::string& line : key_lines()) lines.push_back(shortened(line, screen.columns));
    lines.emplace_back();
    add_points(report, PointState::kUnobserved, "NOT OBSERVED", screen, lines);
    add_points(report, PointState::kInexact, "NOT EXACT", screen, lines);
    const std::size_t waiting = count_in_state(report, PointState::kWaiting);
    lines.push_back(shortened(counted_text(count_in_state(report, PointState::kExact), "point") +
                                  " observed exactly, " + count_text(waiting) + " waiting for " +
                                  (waiting == 1 ? "its" : "their") + " module or class",
                              screen.columns));
    return lines;
}

std::vector<std::string> errors_pane(const Activity& activity, const TopScreen& screen) {
    std::vector<ErrorLine> errors;
    add_errors(activity.workflows, errors);
    add_errors(activity.nodes, errors);
    std::ranges::stable_sort(errors, std::greater<>(), &ErrorLine::count);
    std::vector<std::string> lines = {
        title_style(fitted("    FAILED  ERROR TYPE, WORKFLOW / NODE", screen.columns), screen)};
    for (const ErrorLine& error : errors) {
        const std::string count = fitted(count_text(error.count), kCountWidth - 1, Align::kRight);
        lines.push_back(shortened(count + "  " + error.what, screen.columns));
    }
    if (errors.empty()) lines.push_back(shortened("none yet", screen.columns));
    return lines;
}

}  // namespace flowtap
