// SPDX-License-Identifier: Apache-2.0
// The cost of one execution, from the hits that the engine's profile expects and this machine's prices.
#pragma once

#include <optional>
#include <span>

#include "machine/prices.h"
#include "plan/mechanism_choice.h"
#include "plan/planned/probe.h"
#include "profile/expected_hits.h"

namespace flowtap {

// Of these probes together, on CPython 3.<minor>. nullopt: the profile has no figure for one of them.
std::optional<ExpectedCost> expected_cost(std::span<const PlannedProbe> probes, const ExpectedHits& expected,
                                          unsigned minor, const Prices& prices);

// Of one call of a function with hardware watches.
ExpectedCost watched_call_cost(const Prices& prices);

}  // namespace flowtap
