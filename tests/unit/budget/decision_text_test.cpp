// SPDX-License-Identifier: Apache-2.0
#include "budget/decision_text.h"

#include <gtest/gtest.h>

namespace flowtap::decision_text_test {
namespace {

constexpr std::uint64_t kMinute = 60'000'000'000;

std::string text(ReductionStep step, double share, const std::string& group = "") {
    return decision_text({step, group, false, share, kMinute});
}

TEST(DecisionText, SaysWhatItCostAndWhatIsNoLongerObserved) {
    const std::string over = ", more than --max-overhead allows: no longer observed: ";
    EXPECT_EQ(text(ReductionStep::kRunningSeconds, 0.123),
              "its probes added 12.3 % to its own CPU time in 60 s" + over + "running seconds");
    EXPECT_EQ(text(ReductionStep::kComplete, 0.05),
              "its probes added 5.0 % to its own CPU time in 60 s" + over + "complete durations");
    EXPECT_EQ(
        text(ReductionStep::kMostExpensive, 0.05, "coroutines"),
        "its probes added 5.0 % to its own CPU time in 60 s" + over + "the points observed by coroutines");
    EXPECT_EQ(text(ReductionStep::kAll, 11),
              "its probes took more than ten times its own CPU time in 60 s" + over + "all points");
}

TEST(DecisionText, SaysWhatIsObservedAgain) {
    EXPECT_EQ(decision_text({ReductionStep::kComplete, "", true, 0.001, kMinute}),
              "observed again: complete durations");
}

}  // namespace
}  // namespace flowtap::decision_text_test
