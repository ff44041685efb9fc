// SPDX-License-Identifier: Apache-2.0
#include "selftest/self_test.h"

#include "attach/hardware_watch.h"

namespace flowtap {

MachineFacts self_test() {
    MachineFacts facts;
    if (const std::string lack = lack_of_watches(); !lack.empty())
        facts.proofs = {refused(KernelMechanism::kWriteWatch, lack, {}),
                        refused(KernelMechanism::kAccessWatch, lack, {})};
    return facts;
}

}  // namespace flowtap
