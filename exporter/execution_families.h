// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <vector>

#include "exporter/buckets.h"
#include "exporter/ledger.h"

namespace flowtap {

// The metrics of workflows and nodes, samples ordered by label values. `now_ns` (CLOCK_MONOTONIC) is
// the moment the ages of running executions refer to.
std::vector<prometheus::MetricFamily> execution_families(LedgerSnapshot snapshot, const BucketBounds& bounds,
                                                         std::uint64_t now_ns);

}  // namespace flowtap
