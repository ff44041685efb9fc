// SPDX-License-Identifier: Apache-2.0
// Compares a newer plan of a process with an older one.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "plan/plan.h"

namespace flowtap {

bool same_probes(const Plan& one, const Plan& other);

// Identifies a function: address of its code, subinterpreter, address of its name (another function may get
// the same code address later), and roles (they may grow: a node's caller may become a workflow).
using KnownCode = std::tuple<std::uint64_t, std::uint32_t, std::uint64_t, CodeRoles>;
KnownCode known(const PlannedCode& code);
std::set<KnownCode> known_codes(const Plan& plan);

// The points, as "profile/name", that only the newer plan observes.
std::vector<std::string> newly_observed(const Plan& older, const Plan& newer);

// What the newer plan warns of and the older one does not, about points that are not exact: "profile/name:
// text".
std::vector<std::string> newly_inexact(const Plan& older, const Plan& newer);

// The log lines for those texts. A program may go on defining unobserved functions for as long as it runs, so
// a target gets kMostInexactLines in all, `said` before now, of which the last says that there are more.
inline constexpr unsigned kMostInexactLines = 21;
std::vector<std::string> inexact_lines(const std::vector<std::string>& texts, unsigned& said);

// The functions of workflows and nodes that only the newer plan has and that have already run. A function
// whose code was replaced counts as one that has run, unless its run mark shows otherwise.
std::vector<std::string> run_before(const Plan& older, const Plan& newer, const Memory& memory);

// Numbers of the subinterpreters in which something is observed.
std::set<std::uint32_t> observed_subinterpreters(const Plan& plan);

// How many subinterpreters have ended without being observed: those of the older plan, and those that existed
// only between the two plans.
std::uint64_t ended_unobserved(const Plan& older, const Plan& newer,
                               const std::set<std::uint32_t>& ever_observed);

}  // namespace flowtap
