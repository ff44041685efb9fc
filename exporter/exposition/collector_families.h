// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "exporter/metrics/collector_stats.h"
#include "exporter/metrics/ledger.h"

namespace flowtap {

// The metrics of the collector itself; each exists from the first scrape, at 0.
//
// They are prometheus-cpp's model of one snapshot, not its Registry. A prometheus::Counter takes increments
// only, while these numbers are totals, many of them the kernel's; a Registry reads one family after the
// other while the loop goes on, so that numbers of one scrape would not add up; and it keeps the label sets
// of points and probes until each is removed. It would be a second copy of CollectorStats, with its own
// locks, and more code than this.
std::vector<prometheus::MetricFamily> collector_families(const std::string& version,
                                                         const CollectorStats& stats,
                                                         const LedgerSnapshot& executions);

}  // namespace flowtap
