// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "exporter/metrics/activity.h"

namespace flowtap {

// The status page's tables of workflows and of nodes, each with its heading.
std::string activity_sections(const Activity& activity);

}  // namespace flowtap
