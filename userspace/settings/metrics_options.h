// SPDX-License-Identifier: Apache-2.0
// Options for metrics; rows of run_option_table() call these readers.
#pragma once

#include <string>

#include "base/result.h"
#include "exporter/metrics/metrics.h"
#include "settings/run_options.h"

namespace flowtap {

// Lists: the text holds values separated by commas, which are appended. After an error the options are
// unchanged.
Result<void> read_buckets(RunOptions& options, const std::string& text);            // seconds, ascending
Result<void> read_latency_quantiles(RunOptions& options, const std::string& text);  // 0 to 1
Result<void> read_target_labels(RunOptions& options, const std::string& text);      // each once

Result<void> read_native_histograms(RunOptions& options, const std::string& text);  // -4 to 8, or off
Result<void> read_series_expiry(RunOptions& options, const std::string& text);  // 90s, 30m, 1h, 2d; 0: never
Result<void> read_series_limit(RunOptions& options, const std::string& text);   // 1 to 1,000,000

// All metrics options together, without version and start time.
MetricsConfig metrics_config(const RunOptions& options);

}  // namespace flowtap
