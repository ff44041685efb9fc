// SPDX-License-Identifier: Apache-2.0
// The reason label of a failed attach.
#pragma once

#include "base/result.h"
#include "exporter/metrics/collector_stats.h"

namespace flowtap {

// Where the attacher or the kernel failed.
AttachFailure attach_failure(const Error& error);

// Where planning failed. exceeded: it exceeded its limits.
AttachFailure plan_failure(const Error& error, bool exceeded);

}  // namespace flowtap
