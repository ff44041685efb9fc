// SPDX-License-Identifier: Apache-2.0
#include "targets/refusals.h"

namespace flowtap {

Refusals::News Refusals::note(pid_t pid, Refusal refusal) {
    const auto [known, added] = refused_.try_emplace(pid);
    const bool counts = added || known->second.reason != refusal.reason;
    if (said_.size() >= kMostSaid) said_.clear();
    const bool says = said_.emplace(refusal.reason, refusal.executable).second;
    known->second = std::move(refusal);
    return {counts, says};
}

}  // namespace flowtap
