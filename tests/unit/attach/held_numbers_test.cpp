// SPDX-License-Identifier: Apache-2.0
#include "attach/held_numbers.h"

#include <gtest/gtest.h>

namespace flowtap::held_numbers_test {
namespace {

TEST(HeldNumbersTest, ATextHasOneNumberAsLongAsItIsHeld) {
    HeldNumbers numbers(2);
    const HeldNumbers::Hold a = numbers.hold("a");
    const HeldNumbers::Hold b = numbers.hold("b");
    const HeldNumbers::Hold c = numbers.hold("c");
    EXPECT_EQ(*a, 0u);
    EXPECT_EQ(*b, 1u);
    EXPECT_EQ(*c, 2u) << "what is held has a number, however many there are";
    EXPECT_EQ(*numbers.hold("b"), 1u);
}

TEST(HeldNumbersTest, ATextThatNobodyHoldsKeepsItsNumberUntilThatIsNeeded) {
    HeldNumbers numbers(2);
    EXPECT_EQ(*numbers.hold("a"), 0u);
    EXPECT_EQ(*numbers.hold("b"), 1u);
    EXPECT_EQ(*numbers.hold("a"), 0u);
    EXPECT_EQ(*numbers.hold("c"), 1u) << "b was let go before a";
    EXPECT_EQ(*numbers.hold("a"), 0u);
    EXPECT_EQ(numbers.count(), 2u);
}

TEST(HeldNumbersTest, DoesNotGrowWithTextsThatComeAndGo) {
    HeldNumbers numbers(8);
    const HeldNumbers::Hold stays = numbers.hold("stays");
    for (int i = 0; i < 1000; ++i) EXPECT_LT(*numbers.hold(std::to_string(i)), 8u);
    EXPECT_EQ(numbers.count(), 8u);
    EXPECT_EQ(*stays, *numbers.hold("stays"));
}

TEST(HeldNumbersTest, AHoldMayOutliveTheNumbers) {
    HeldNumbers::Hold held;
    {
        HeldNumbers numbers(1);
        held = numbers.hold("a");
    }
    EXPECT_EQ(*held, 0u);
}

}  // namespace
}  // namespace flowtap::held_numbers_test
