// SPDX-License-Identifier: Apache-2.0
// The status of a collector as lines of text, as shown by `flowtap top`.
#pragma once

#include <string>
#include <vector>

#include "exporter/views/status_report.h"
#include "exporter/views/top_table.h"

namespace flowtap {

enum class TopPane : std::uint8_t { kTables, kPoints, kErrors };

struct TopView {
    std::string source = {};  // where the status comes from
    TopOrder order = TopOrder::kRate;
    TopPane pane = TopPane::kTables;
    std::string filter = {};  // rows without it in a name are not shown; may be any text
    bool filtering = false;   // the filter is being typed
    bool paused = false;
    bool keys = false;         // show the available keys
    std::string trouble = {};  // why the report is not current; empty: it is
    std::string news = {};     // the latest line of a log
};

// Lines of at most screen.columns columns, and no more than screen.rows of them. Whatever text the report
// contains, no line has control characters except those of its own styles.
std::vector<std::string> top_lines(const StatusReport& report, const TopView& view, const TopScreen& screen);

}  // namespace flowtap
