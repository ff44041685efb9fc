// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"
#include "exporter/views/status_report.h"

namespace flowtap {

// Reads the output of to_json(), without the durations' pictures. The text may come from anywhere: lists are
// truncated to kMostRows, members that are missing or have another type are as in an empty report, and
// strings are not cleaned. Errors: kFailed if it is not a JSON object with a list of workflows.
Result<StatusReport> read_status(std::string_view json);

inline constexpr std::size_t kMostRows = 10'000;

}  // namespace flowtap
