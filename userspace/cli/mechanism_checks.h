// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "cli/machine_checks.h"
#include "machine/machine_facts.h"
#include "privilege/give_up.h"

namespace flowtap {

// One check for each of kKernelMechanisms, including those that were not tried. If none could be tried, a
// check before them says why.
std::vector<Check> mechanism_checks(const MachineFacts& machine, WatchPrivilege watches);

}  // namespace flowtap
