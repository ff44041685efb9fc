// SPDX-License-Identifier: Apache-2.0
#include "targets/refusals.h"

namespace flowtap {

bool LoggedRefusals::add(const Refusal& refusal) {
    if (logged_.size() >= kMost) logged_.clear();
    return logged_.emplace(refusal.reason, refusal.executable).second;
}

}  // namespace flowtap
