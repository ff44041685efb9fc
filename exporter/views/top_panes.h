// SPDX-License-Identifier: Apache-2.0
// What `flowtap top` shows in place of its tables.
#pragma once

#include <string>
#include <vector>

#include "exporter/views/status_report.h"
#include "exporter/views/top_table.h"

namespace flowtap {

// The keys; then, for attached processes, each point that is not observed or not exact, with the reason; then
// how many points wait for their module or are observed exactly.
std::vector<std::string> points_pane(const StatusReport& report, const TopScreen& screen);

// Failed executions by workflow, node and error type, the most frequent first.
std::vector<std::string> errors_pane(const Activity& activity, const TopScreen& screen);

}  // namespace flowtap
