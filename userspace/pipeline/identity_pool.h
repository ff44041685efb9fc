// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "pipeline/outcome.h"

namespace flowtap {

// Gives equal identities one address while they occur often, so that consumers can compare pointers instead
// of text. Holds one identity per slot: of two that share a slot, the latest.
class IdentityPool {
public:
    static constexpr std::size_t kSlots = 4096;

    SharedIdentity share(Identity identity);

private:
    std::vector<SharedIdentity> slots_ = std::vector<SharedIdentity>(kSlots);
};

}  // namespace flowtap
