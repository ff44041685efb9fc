// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "exporter/metrics/collector_stats.h"
#include "exporter/metrics/ledger.h"

namespace flowtap {

// The metrics of the collector itself; each exists from the first scrape, at 0.
std::vector<prometheus::MetricFamily> collector_families(const std::string& version,
                                                         const CollectorStats& stats,
                                                         const LedgerSnapshot& executions);

}  // namespace flowtap
