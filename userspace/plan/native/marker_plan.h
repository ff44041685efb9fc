// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "plan/native/native_binary.h"
#include "plan/plan.h"

namespace flowtap {

PointMechanism mechanism_of(const Markers& markers);

// Adds a point that is observed by markers: a probe at each of their sites in the binaries. `planned` is the
// plan's next point. Errors (kUsage): no such marker (the cause lists the existing ones), an argument that it
// does not have, a site that cannot have a probe.
Result<void> plan_markers(Plan& plan, PlannedPoint& planned, const std::vector<NativeBinary>& binaries);

}  // namespace flowtap
