// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "cli/machine_checks.h"
#include "machine/machine_facts.h"
#include "privilege/give_up.h"

namespace flowtap {

// One check for each of kKernelMechanisms, tried or not. Before them, where none could be tried, one that
// says why.
std::vector<Check> mechanism_checks(const MachineFacts& machine, WatchPrivilege watches);

}  // namespace flowtap
