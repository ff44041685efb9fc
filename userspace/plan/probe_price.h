// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "machine/prices.h"
#include "sites/site.h"

namespace flowtap {

// What one hit of a uprobe at such a site costs the process it is in, in seconds.
constexpr std::optional<double> price_of(SiteCost cost, const Prices& prices) {
    return cost == SiteCost::kEmulated ? prices.emulated : prices.single_stepped;
}

}  // namespace flowtap
