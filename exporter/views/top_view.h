// SPDX-License-Identifier: Apache-2.0
// The status of a collector as a screen of text: what `flowtap top` shows.
#pragma once

#include <string>
#include <vector>

#include "exporter/views/status_report.h"
#include "exporter/views/top_table.h"

namespace flowtap {

enum class TopPane : std::uint8_t { kTables, kPoints, kErrors };

struct TopView {
    std::string source = {};  // whose status it is
    TopOrder order = TopOrder::kRate;
    TopPane pane = TopPane::kTables;
    std::string filter = {};  // rows without it in a name are not shown; it may be anybody's text
    bool filtering = false;   // it is being typed
    bool paused = false;
    bool keys = false;         // name those that can be pressed
    std::string trouble = {};  // why the report is not of now; empty: it is
    std::string news = {};     // the latest line of a log
};

// Lines of at most screen.columns columns, and no more than screen.rows of them. Whatever text is in the
// report, no line holds control characters but those of its own styles.
std::vector<std::string> top_lines(const StatusReport& report, const TopView& view, const TopScreen& screen);

}  // namespace flowtap
