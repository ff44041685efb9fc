// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace flowtap {

// Resources used by this process, in the units of Prometheus' standard process_* metrics.
struct ProcessStats {
    double cpu_seconds = 0;  // user and system
    double resident_bytes = 0;
    double virtual_bytes = 0;
    double open_fds = 0;
    double max_fds = 0;     // soft limit
    double start_time = 0;  // Unix time
};

// Reads <proc>/self and <proc>/stat.
Result<ProcessStats> read_process_stats(const std::string& proc = "/proc");

std::vector<prometheus::MetricFamily> process_families(const ProcessStats& stats);

}  // namespace flowtap
