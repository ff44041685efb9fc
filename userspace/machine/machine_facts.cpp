// SPDX-License-Identifier: Apache-2.0
#include "machine/machine_facts.h"

#include <algorithm>

namespace flowtap {

const MechanismProof* MachineFacts::proof(KernelMechanism mechanism) const {
    const auto found = std::ranges::find(proofs, mechanism, &MechanismProof::mechanism);
    return found == proofs.end() ? nullptr : &*found;
}

bool MachineFacts::proven(KernelMechanism mechanism) const {
    const MechanismProof* found = proof(mechanism);
    return found != nullptr && found->available;
}

std::string MachineFacts::lack_of(KernelMechanism mechanism) const {
    const MechanismProof* found = proof(mechanism);
    if (found == nullptr || found->available) return {};
    return found->remedy.empty() ? found->reason : found->reason + " (" + found->remedy + ")";
}

}  // namespace flowtap
