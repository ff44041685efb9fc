// SPDX-License-Identifier: Apache-2.0
#include "targets/refusals.h"

#include <gtest/gtest.h>

namespace flowtap::refusals_test {
namespace {

Refusal refusal(AttachFailure reason, const std::string& executable = "engine") {
    return {executable, reason, "it cannot be done"};
}

TEST(Refusals, CountEachProcessOnceForEachReason) {
    Refusals refusals;
    EXPECT_TRUE(refusals.note(1, refusal(AttachFailure::kKernel)).count);
    EXPECT_FALSE(refusals.note(1, refusal(AttachFailure::kKernel)).count);
    EXPECT_TRUE(refusals.note(1, refusal(AttachFailure::kTableFull)).count);
    EXPECT_TRUE(refusals.note(2, refusal(AttachFailure::kKernel)).count);
    EXPECT_EQ(refusals.all().size(), 2U);
}

TEST(Refusals, SayEachReasonOnceOfEachProgram) {
    Refusals refusals;
    EXPECT_TRUE(refusals.note(1, refusal(AttachFailure::kKernel)).say);
    EXPECT_FALSE(refusals.note(1, refusal(AttachFailure::kKernel)).say);
    EXPECT_FALSE(refusals.note(2, refusal(AttachFailure::kKernel)).say);
    EXPECT_TRUE(refusals.note(2, refusal(AttachFailure::kLimit)).say);
    EXPECT_TRUE(refusals.note(3, refusal(AttachFailure::kKernel, "other")).say);
}

TEST(Refusals, ShowTheLatestReasonUntilTheyAreForgotten) {
    Refusals refusals;
    refusals.note(1, refusal(AttachFailure::kKernel));
    refusals.note(1, refusal(AttachFailure::kLimit));
    EXPECT_EQ(refusals.all().at(1).reason, AttachFailure::kLimit);
    EXPECT_TRUE(refusals.forget(1));
    EXPECT_FALSE(refusals.forget(1));
    EXPECT_TRUE(refusals.all().empty());
}

// Names of programs are the processes' to choose.
TEST(Refusals, KeepABoundedNumberOfWhatWasSaid) {
    Refusals refusals;
    for (std::size_t i = 0; i < Refusals::kMostSaid; ++i)
        EXPECT_TRUE(refusals.note(1, refusal(AttachFailure::kKernel, std::to_string(i))).say);
    EXPECT_FALSE(refusals.note(1, refusal(AttachFailure::kKernel, "999")).say &&
                 refusals.note(1, refusal(AttachFailure::kKernel, "999")).say);
}

}  // namespace
}  // namespace flowtap::refusals_test
