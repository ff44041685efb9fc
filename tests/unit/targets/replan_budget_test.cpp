// SPDX-License-Identifier: Apache-2.0
#include "targets/replan_budget.h"

#include <gtest/gtest.h>

namespace flowtap::replan_budget_test {
namespace {

TEST(ReplanBudget, GivesAHundredthOfTheTime) {
    ReplanBudget budget;
    EXPECT_TRUE(budget.may_plan(1000));
    budget.note_plan(30, 1030);
    EXPECT_FALSE(budget.may_plan(1030));
    EXPECT_FALSE(budget.may_plan(1030 + 2999));
    EXPECT_TRUE(budget.may_plan(1030 + 3000));
}

}  // namespace
}  // namespace flowtap::replan_budget_test
