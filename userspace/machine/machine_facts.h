// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "machine/mechanism_proof.h"
#include "machine/prices.h"

namespace flowtap {

// The mechanisms that work on this machine for this user, and their prices. A default-constructed value means
// that nothing was tried: no mechanism is known to be missing, and no price is known.
struct MachineFacts {
    std::vector<MechanismProof> proofs = {};
    Prices prices = {};
    std::string untried = {};  // why the self-test could not run

    // nullptr: the mechanism was not tried.
    [[nodiscard]] const MechanismProof* proof(KernelMechanism mechanism) const;
    // Whether it was seen to work.
    [[nodiscard]] bool proven(KernelMechanism mechanism) const;
    // Why it does not work here. Empty: it works, or was not tried.
    [[nodiscard]] std::string lack_of(KernelMechanism mechanism) const;
};

}  // namespace flowtap
