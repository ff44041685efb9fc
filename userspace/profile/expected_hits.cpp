// SPDX-License-Identifier: Apache-2.0
#include "profile/expected_hits.h"

#include <iterator>

namespace flowtap {

void ExpectedHits::add(std::string_view probe, unsigned minor, double hits) {
    probes_[std::string(probe)][minor] = hits;
}

std::optional<double> ExpectedHits::of(std::string_view probe, unsigned minor) const {
    const auto known = probes_.find(probe);
    if (known == probes_.end()) return std::nullopt;
    const auto newer = known->second.upper_bound(minor);
    return newer == known->second.begin() ? newer->second : std::prev(newer)->second;
}

}  // namespace flowtap
