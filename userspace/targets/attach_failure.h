// SPDX-License-Identifier: Apache-2.0
// By which of its reasons a process that could not be attached to counts.
#pragma once

#include "base/result.h"
#include "exporter/metrics/collector_stats.h"

namespace flowtap {

// Of what the kernel or the attacher refused.
AttachFailure attach_failure(const Error& error);

// Of what could not be planned. exceeded: looking through the process took too much.
AttachFailure plan_failure(const Error& error, bool exceeded);

}  // namespace flowtap
