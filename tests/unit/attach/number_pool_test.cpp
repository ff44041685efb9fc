// SPDX-License-Identifier: Apache-2.0
#include "attach/number_pool.h"

#include <gtest/gtest.h>

namespace flowtap::number_pool_test {
namespace {

TEST(NumberPool, GivesEachNumberOnceAndNeverZero) {
    NumberPool pool(3);
    const NumberPool::Hold first = pool.hold();
    const NumberPool::Hold second = pool.hold();
    ASSERT_TRUE(first && second);
    EXPECT_EQ(*first, 1u);
    EXPECT_EQ(*second, 2u);
    EXPECT_EQ(pool.hold(), nullptr);
}

TEST(NumberPool, ReusesTheOldestFreeNumberAfterAllFreshOnes) {
    NumberPool pool(4);
    NumberPool::Hold first = pool.hold();
    NumberPool::Hold second = pool.hold();
    second.reset();
    first.reset();
    const NumberPool::Hold third = pool.hold();
    EXPECT_EQ(*third, 3u);
    const NumberPool::Hold again = pool.hold();
    EXPECT_EQ(*again, 2u);
}

TEST(NumberPool, NumbersMayOutliveThePool) {
    NumberPool::Hold held;
    {
        NumberPool pool(2);
        held = pool.hold();
        const NumberPool::Hold copy = held;
        EXPECT_EQ(pool.hold(), nullptr);
    }
    EXPECT_EQ(*held, 1u);
}

}  // namespace
}  // namespace flowtap::number_pool_test
