// SPDX-License-Identifier: Apache-2.0
// How often probes in an interpreter are expected to fire.
#pragma once

#include <span>
#include <string_view>

#include "plan/mechanism_choice.h"
#include "plan/plan.h"

namespace flowtap {

// Hits of all probes of that name (PlannedProbe::name) for one execution of a point that they observe, on
// CPython 3.<minor>. Measured with one engine: see the table. 0: next to never.
double expected_hits(std::string_view probe, unsigned minor);

// Of these probes together.
ExpectedCost expected_cost(std::span<const PlannedProbe> probes, unsigned minor, const Prices& prices);

// One call of a function whose bytecode is watched.
ExpectedCost watched_call_cost(const Prices& prices);

}  // namespace flowtap
