// SPDX-License-Identifier: Apache-2.0
// How often the probes of an interpreter are expected to fire.
#pragma once

#include <span>
#include <string_view>

#include "plan/mechanism_choice.h"
#include "plan/plan.h"

namespace flowtap {

// Hits of all probes with that name (PlannedProbe::name) for one execution of a point that they observe, on
// CPython 3.<minor>. Measured with one engine: see the table. 0: almost never.
double expected_hits(std::string_view probe, unsigned minor);

// The cost of these probes together.
ExpectedCost expected_cost(std::span<const PlannedProbe> probes, unsigned minor, const Prices& prices);

// The cost of one call of a function with hardware watches.
ExpectedCost watched_call_cost(const Prices& prices);

}  // namespace flowtap
