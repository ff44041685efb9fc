// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "machine/mechanism_proof.h"
#include "machine/prices.h"

namespace flowtap {

// What works on this machine for this user, and what it costs. As made by default nothing was tried: then
// nothing is known to be lacking, and no price is known.
struct MachineFacts {
    std::vector<MechanismProof> proofs = {};
    Prices prices = {};
    std::string untried = {};  // why nothing could be tried

    // nullptr: it was not tried.
    [[nodiscard]] const MechanismProof* proof(KernelMechanism mechanism) const;
    // Seen to work.
    [[nodiscard]] bool proven(KernelMechanism mechanism) const;
    // Why it does not work here; empty: it does, or it was not tried.
    [[nodiscard]] std::string lack_of(KernelMechanism mechanism) const;
};

}  // namespace flowtap
