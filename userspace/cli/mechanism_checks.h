// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "cli/machine_checks.h"
#include "machine/machine_facts.h"
#include "privilege/give_up.h"

namespace flowtap {

// One for each of kKernelMechanisms, named as it is, tried or not; before them one of what kept them all from
// being tried.
std::vector<Check> mechanism_checks(const MachineFacts& machine, WatchPrivilege watches);

}  // namespace flowtap
