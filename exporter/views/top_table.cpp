// SPDX-License-Identifier: Apache-2.0
#include "exporter/views/top_table.h"

#include <algorithm>
#include <span>

#include "exporter/views/human_numbers.h"
#include "exporter/views/terminal_text.h"

namespace flowtap {

namespace {

constexpr std::size_t kGap = 2;         // columns between two
constexpr std::size_t kNarrowest = 12;  // of all names together

struct NumberColumn {
    const char* title;
    std::size_t width;
    std::size_t rank;  // if room is short, columns of the highest rank are left out first
    std::string (*text)(const ActivityRow& row);
    bool (*alarming)(const ActivityRow& row) = [](const ActivityRow&) { return false; };
    bool of_nodes = true;
};

constexpr NumberColumn kNumbers[] = {
    {"RATE", 8, 1, [](const ActivityRow& row) { return rate_text(row.rate); }},
    {"ERRORS", 8, 2, [](const ActivityRow& row) { return rate_text(row.error_rate); },
     [](const ActivityRow& row) { return row.error_rate > 0; }},
    {"ACTIVE", 7, 4, [](const ActivityRow& row) { return count_text(row.active); }},
    {"OLDEST", 8, 7, [](const ActivityRow& row) { return duration_text(row.oldest_active_seconds); },
     [](const ActivityRow&) { return false; }, false},
    {"P50", 7, 5, [](const ActivityRow& row) { return duration_text(row.p50); }},
    {"P99", 7, 3, [](const ActivityRow& row) { return duration_text(row.p99); }},
    {"CRIT", 7, 6,
     [](const ActivityRow& row) {
         return row.on_critical_path ? share_text(*row.on_critical_path) : std::string("–");
     }},
    {"TIME", 7, 8, [](const ActivityRow& row) { return share_text(row.share); }},
    {"STARTED", 11, 9, [](const ActivityRow& row) { return count_text(row.started); }},
    {"FAILED", 9, 10, [](const ActivityRow& row) { return count_text(row.ended[Status::kFailed]); },
     [](const ActivityRow& row) { return row.ended[Status::kFailed] > 0; }},
};

struct NameColumn {
    const char* title;
    const std::string& (*text)(const ActivityRow& row);
    std::size_t width = 0;
};

const std::string& workflow_id(const ActivityRow& row) { return row.workflow_id; }
const std::string& node_id(const ActivityRow& row) { return row.node_id; }
const std::string& node_type(const ActivityRow& row) { return row.node_type; }

struct Layout {
    std::vector<NameColumn> names;
    std::vector<const NumberColumn*> numbers;
};

std::size_t width_of(const std::vector<const NumberColumn*>& numbers) {
    std::size_t width = 0;
    for (const NumberColumn* number : numbers) width += kGap + number->width;
    return width;
}

std::vector<const NumberColumn*> numbers_for(RowKind kind, std::size_t columns, std::size_t names) {
    std::vector<const NumberColumn*> numbers;
    for (const NumberColumn& number : kNumbers)
        if (number.of_nodes || kind == RowKind::kWorkflow) numbers.push_back(&number);
    while (!numbers.empty() && width_of(numbers) + names > columns) {
        numbers.erase(std::ranges::max_element(numbers, {}, &NumberColumn::rank));
    }
    return numbers;
}

std::vector<NameColumn> names_for(RowKind kind, std::size_t room) {
    if (kind == RowKind::kWorkflow) return {{"WORKFLOW", workflow_id}};
    if (room < 2 * kNarrowest) return {{"NODE", node_id}};
    if (room < 3 * kNarrowest) return {{"NODE", node_id}, {"WORKFLOW", workflow_id}};
    return {{"NODE", node_id}, {"TYPE", node_type}, {"WORKFLOW", workflow_id}};
}

// Equal shares; the first column gets the remainder.
void share_out(std::vector<NameColumn>& names, std::size_t room) {
    const std::size_t gaps = kGap * (names.size() - 1);
    const std::size_t share = (room > gaps ? room - gaps : 0) / names.size();
    for (NameColumn& name : names) name.width = share;
    names.front().width += (room > gaps ? room - gaps : 0) - share * names.size();
}

// The least important numbers are left out before a node's type and workflow.
Layout layout_for(RowKind kind, std::size_t columns) {
    const std::size_t wanted = kind == RowKind::kNode ? 3 * kNarrowest : 2 * kNarrowest;
    std::size_t names = kNarrowest;
    while (names < wanted && numbers_for(kind, columns, names + 1).size() >= 5) ++names;
    Layout layout;
    layout.numbers = numbers_for(kind, columns, names);
    const std::size_t room = columns - std::min(columns, width_of(layout.numbers));
    layout.names = names_for(kind, room);
    share_out(layout.names, room);
    return layout;
}

// A number is never cut, because it would look like another number.
std::string number_cell(const std::string& text, std::size_t width) {
    return columns_of(text) > width ? std::string(width, '#') : fitted(text, width, Align::kRight);
}

std::string title_line(const Layout& layout, const TopScreen& screen) {
    std::string line;
    for (const NameColumn& name : layout.names) {
        if (!line.empty()) line.append(kGap, ' ');
        line += fitted(name.title, name.width);
    }
    for (const NumberColumn* number : layout.numbers) {
        line.append(kGap, ' ');
        line += fitted(number->title, number->width, Align::kRight);
    }
    return title_style(line, screen);
}

std::string row_line(const ActivityRow& row, const Layout& layout, const TopScreen& screen) {
    std::string line;
    for (const NameColumn& name : layout.names) {
        if (!line.empty()) line.append(kGap, ' ');
        line += fitted(name.text(row), name.width);
    }
    for (const NumberColumn* number : layout.numbers) {
        line.append(kGap, ' ');
        const std::string cell = number_cell(number->text(row), number->width);
        line += number->alarming(row) ? alarm_style(cell, screen) : cell;
    }
    return line;
}

std::string more_line(std::size_t more, const TopScreen& screen) {
    return shortened("… " + count_text(more) + " more", screen.columns);
}

double value_of(const ActivityRow& row, TopOrder order) {
    switch (order) {
        case TopOrder::kRate:
            return row.rate;
        case TopOrder::kErrors:
            return row.error_rate;
        case TopOrder::kActive:
            return static_cast<double>(row.active);
        case TopOrder::kP50:
            return row.p50.value_or(-1);
        case TopOrder::kP99:
            return row.p99.value_or(-1);
        case TopOrder::kShare:
            return row.share;
        case TopOrder::kCriticalPath:
            return row.on_critical_path.value_or(-1);
    }
    return 0;
}

std::string in_style(const char* style, const std::string& text, const TopScreen& screen) {
    return screen.styled ? style + text + "\x1b[0m" : text;
}

}  // namespace

std::string title_style(const std::string& text, const TopScreen& screen) {
    return in_style("\x1b[7m", text, screen);
}

std::string alarm_style(const std::string& text, const TopScreen& screen) {
    return in_style("\x1b[1;31m", text, screen);
}

void sort_rows(std::vector<ActivityRow>& rows, TopOrder order) {
    std::ranges::stable_sort(rows, std::greater<>(),
                             [order](const ActivityRow& row) { return value_of(row, order); });
}

std::vector<std::string> table_lines(RowKind kind, const std::vector<ActivityRow>& rows, std::size_t unlisted,
                                     std::size_t room, const TopScreen& screen) {
    const Layout layout = layout_for(kind, screen.columns);
    const bool all = unlisted == 0 && rows.size() <= room;
    const std::size_t shown = all ? rows.size() : std::min(rows.size(), room - 1);
    std::vector<std::string> lines = {title_line(layout, screen)};
    for (const ActivityRow& row : std::span(rows).first(shown))
        lines.push_back(row_line(row, layout, screen));
    if (rows.empty() && unlisted == 0) lines.push_back(shortened("none yet", screen.columns));
    if (!all) lines.push_back(more_line(unlisted + rows.size() - shown, screen));
    return lines;
}

}  // namespace flowtap
