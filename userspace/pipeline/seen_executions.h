// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <span>

#include "pipeline/outcome.h"

namespace flowtap {

// The keys of the process's executions that began or ended in these outcomes.
[[nodiscard]] std::set<std::uint64_t> seen_executions(std::span<const Outcome> outcomes, std::uint32_t tgid);

}  // namespace flowtap
