// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "machine/prices.h"
#include "sites/site.h"

namespace flowtap {

// The cost of one hit of a uprobe at such a site, in seconds of the process's CPU time.
constexpr std::optional<double> price_of(SiteCost cost, const Prices& prices) {
    return cost == SiteCost::kEmulated ? prices.emulated : prices.single_stepped;
}

}  // namespace flowtap
