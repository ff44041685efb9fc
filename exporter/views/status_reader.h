// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"
#include "exporter/views/status_report.h"

namespace flowtap {

// What to_json() wrote, but for the pictures of durations. The text may be anybody's: lists are cut after
// kMostRows, what is absent or of another type is as in an empty report, and strings are not cleaned.
// Errors: kFailed where it is no JSON object with a list of workflows.
Result<StatusReport> read_status(std::string_view json);

inline constexpr std::size_t kMostRows = 10'000;

}  // namespace flowtap
