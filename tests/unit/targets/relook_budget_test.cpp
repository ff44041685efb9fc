// SPDX-License-Identifier: Apache-2.0
#include "targets/relook_budget.h"

#include <gtest/gtest.h>

namespace flowtap::relook_budget_test {
namespace {

TEST(RelookBudget, GivesAHundredthOfTheTime) {
    RelookBudget budget;
    EXPECT_TRUE(budget.may_look(1000));
    budget.looked(30, 1030);
    EXPECT_FALSE(budget.may_look(1030));
    EXPECT_FALSE(budget.may_look(1030 + 2999));
    EXPECT_TRUE(budget.may_look(1030 + 3000));
}

}  // namespace
}  // namespace flowtap::relook_budget_test
