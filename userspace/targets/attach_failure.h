// SPDX-License-Identifier: Apache-2.0
// The reason label of a failed attach.
#pragma once

#include "base/result.h"
#include "exporter/metrics/collector_stats.h"

namespace flowtap {

// For errors of the attacher or the kernel.
AttachFailure attach_failure(const Error& error);

// For errors of planning. exceeded: planning exceeded its limits.
AttachFailure plan_failure(const Error& error, bool exceeded);

}  // namespace flowtap
