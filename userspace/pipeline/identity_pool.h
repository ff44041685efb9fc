// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "pipeline/outcome.h"

namespace flowtap {

// Gives equal identities one address while they are met often, so that who comes later need not look at
// their text. Holds one identity per slot: of two that share a slot, the one met last.
class IdentityPool {
public:
    static constexpr std::size_t kSlots = 4096;

    SharedIdentity share(Identity identity);

private:
    std::vector<SharedIdentity> slots_ = std::vector<SharedIdentity>(kSlots);
};

}  // namespace flowtap
