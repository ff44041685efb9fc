// SPDX-License-Identifier: Apache-2.0
// What of a plan cannot work on this machine.
#pragma once

#include <optional>
#include <span>

#include "base/result.h"
#include "machine/machine_facts.h"
#include "plan/plan.h"

namespace flowtap {

// Why these uprobes would not all fire here; nullopt: they would.
std::optional<Error> lack_of_uprobes(std::span<const PlannedProbe> probes, const MachineFacts& machine);

// Points that have a probe of their own that would not fire here are not observed, and lose all of their
// probes: with some of them missing, executions would have no end, or no begin.
void withdraw_what_fails_here(Plan& plan, const MachineFacts& machine);

}  // namespace flowtap
