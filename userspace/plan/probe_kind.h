// SPDX-License-Identifier: Apache-2.0
// The kinds of probes that differ in the price of a hit.
#pragma once

#include <cstdint>
#include <optional>

#include "machine/prices.h"
#include "sites/site.h"

namespace flowtap {

enum class ProbeKind : std::uint8_t { kEmulated, kSingleStepped, kWatch };

constexpr ProbeKind kind_of(SiteCost cost) {
    return cost == SiteCost::kEmulated ? ProbeKind::kEmulated : ProbeKind::kSingleStepped;
}

// Price of the trap, in seconds of CPU time of the process that is hit; nullopt: not measured here.
constexpr std::optional<double> price_of(ProbeKind kind, const Prices& prices) {
    switch (kind) {
        case ProbeKind::kEmulated:
            return prices.emulated;
        case ProbeKind::kSingleStepped:
            return prices.single_stepped;
        case ProbeKind::kWatch:
            return prices.hardware_watch;
    }
    return std::nullopt;
}

}  // namespace flowtap
