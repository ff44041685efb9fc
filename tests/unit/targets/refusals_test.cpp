// SPDX-License-Identifier: Apache-2.0
#include "targets/refusals.h"

#include <gtest/gtest.h>

namespace flowtap::refusals_test {
namespace {

Refusal refusal(AttachFailure reason, const std::string& executable = "engine") {
    return {executable, reason, "it cannot be done"};
}

TEST(LoggedRefusals, HaveEachReasonOnceForEachProgram) {
    LoggedRefusals logged;
    EXPECT_TRUE(logged.add(refusal(AttachFailure::kKernel)));
    EXPECT_FALSE(logged.add(refusal(AttachFailure::kKernel)));
    EXPECT_TRUE(logged.add(refusal(AttachFailure::kLimit)));
    EXPECT_TRUE(logged.add(refusal(AttachFailure::kKernel, "other")));
}

// Names of programs are the processes' to choose.
TEST(LoggedRefusals, AreBounded) {
    LoggedRefusals logged;
    for (std::size_t i = 0; i < LoggedRefusals::kMost; ++i)
        EXPECT_TRUE(logged.add(refusal(AttachFailure::kKernel, std::to_string(i))));
    EXPECT_TRUE(logged.add(refusal(AttachFailure::kKernel, "0")));
    EXPECT_FALSE(logged.add(refusal(AttachFailure::kKernel, "0")));
}

}  // namespace
}  // namespace flowtap::refusals_test
