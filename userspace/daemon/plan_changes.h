// SPDX-License-Identifier: Apache-2.0
// What a newer plan of a process has that an older one had not.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "plan/plan.h"

namespace flowtap {

bool same_probes(const Plan& one, const Plan& other);

// A function by the address of its code, and the subinterpreter it is in: another one may get that address
// later.
using KnownCode = std::pair<std::uint64_t, std::uint32_t>;
std::set<KnownCode> known_codes(const Plan& plan);

// The points, "profile/name", and subinterpreters, by their numbers, in which only the newer one observes
// something.
std::vector<std::string> newly_observed(const Plan& older, const Plan& newer);

// How many subinterpreters are over in which nothing was observed: those of the older plan, and those that
// came and went between the two.
std::uint64_t ended_unobserved(const Plan& older, const Plan& newer);

}  // namespace flowtap
