// SPDX-License-Identifier: Apache-2.0
// What a newer plan of a process has that an older one had not.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "plan/plan.h"

namespace flowtap {

bool same_probes(const Plan& one, const Plan& other);

// A function by the address of its code, the subinterpreter it is in and the code's name, for another one may
// get that address later, and its roles: what was only a node's caller may be a workflow later.
using KnownCode = std::tuple<std::uint64_t, std::uint32_t, std::uint64_t, std::uint16_t>;
KnownCode known(const PlannedCode& code);
std::set<KnownCode> known_codes(const Plan& plan);

// The points, "profile/name", that only the newer one observes.
std::vector<std::string> newly_observed(const Plan& older, const Plan& newer);

// The functions of workflows and nodes that only the newer one knows, and that have run by now. A function
// whose code was replaced has, as far as can be told, where others may run the same code.
std::vector<std::string> run_before(const Plan& older, const Plan& newer, const Memory& memory);

// Numbers of the subinterpreters in which something is observed.
std::set<std::uint32_t> observed_subinterpreters(const Plan& plan);

// How many subinterpreters are over in which nothing was ever observed: those of the older plan, and those
// that came and went between the two.
std::uint64_t ended_unobserved(const Plan& older, const Plan& newer,
                               const std::set<std::uint32_t>& ever_observed);

}  // namespace flowtap
