// SPDX-License-Identifier: Apache-2.0
// The options that shape the metrics, as rows of run_option_table() read them.
#pragma once

#include <string>

#include "base/result.h"
#include "exporter/metrics/metrics.h"
#include "settings/run_options.h"

namespace flowtap {

// Lists: a text may hold several, with commas, and adds to those before. Errors leave the options as they
// were.
Result<void> read_buckets(RunOptions& options, const std::string& text);            // seconds, ascending
Result<void> read_latency_quantiles(RunOptions& options, const std::string& text);  // 0 to 1
Result<void> read_target_labels(RunOptions& options, const std::string& text);      // each once

Result<void> read_native_histograms(RunOptions& options, const std::string& text);  // -4 to 8, or off
Result<void> read_series_expiry(RunOptions& options, const std::string& text);  // 90s, 30m, 1h, 2d; 0: never
Result<void> read_series_limit(RunOptions& options, const std::string& text);   // 1 to 1,000,000

// All of them together; version and start are not among them.
MetricsConfig metrics_config(const RunOptions& options);

}  // namespace flowtap
