// SPDX-License-Identifier: Apache-2.0
// Removes from a plan what cannot work on this machine.
#pragma once

#include <optional>
#include <span>

#include "base/result.h"
#include "machine/machine_facts.h"
#include "plan/plan.h"

namespace flowtap {

// Why some of these uprobes would not fire on this machine; nullopt: all would.
std::optional<Error> lack_of_uprobes(std::span<const PlannedProbe> probes, const MachineFacts& machine);

// Points with a probe that would not fire on this machine are not observed, and lose all of their probes:
// with some of them missing, executions would have no end, or no begin.
void drop_failing_points(Plan& plan, const MachineFacts& machine);

}  // namespace flowtap
