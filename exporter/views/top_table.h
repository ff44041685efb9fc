// SPDX-License-Identifier: Apache-2.0
// A table of busy workflows or nodes, as lines of text for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "exporter/metrics/activity.h"

namespace flowtap {

// What the terminal can show.
struct TopScreen {
    std::size_t columns = 80;
    std::size_t rows = 0;  // 0: unlimited
    bool styled = false;   // colours and bold type
    bool utf8 = true;
};

enum class TopOrder : std::uint8_t { kRate, kErrors, kActive, kP50, kP99, kShare, kCriticalPath };

enum class RowKind : std::uint8_t { kWorkflow, kNode };

// Largest first; ties keep their order, the busier first.
void sort_rows(std::vector<ActivityRow>& rows, TopOrder order);

// A title, then at most `room` lines (at least one): rows and, if some are missing, a line with their number.
// `unlisted` rows are missing already. Columns without room are left out, the least important first.
std::vector<std::string> table_lines(RowKind kind, const std::vector<ActivityRow>& rows, std::size_t unlisted,
                                     std::size_t room, const TopScreen& screen);

// In these styles, if the screen has any.
std::string title_style(const std::string& text, const TopScreen& screen);
std::string alarm_style(const std::string& text, const TopScreen& screen);

}  // namespace flowtap
