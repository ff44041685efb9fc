// SPDX-License-Identifier: Apache-2.0
#include "attach/crowd.h"

#include <gtest/gtest.h>

#include <optional>

namespace flowtap::crowd_test {
namespace {

TEST(Crowd, CountsMembersThatHaveNotLeft) {
    Crowd<int> crowd;
    EXPECT_EQ(crowd.at(1), 0U);
    const auto first = crowd.join(1);
    auto second = crowd.join(1);
    const auto elsewhere = crowd.join(2);
    EXPECT_EQ(crowd.at(1), 2U);
    EXPECT_EQ(crowd.at(2), 1U);
    auto copy = second;
    second.reset();
    EXPECT_EQ(crowd.at(1), 2U) << "the copy is still there";
    copy.reset();
    EXPECT_EQ(crowd.at(1), 1U);
}

TEST(Crowd, MayBeDestroyedBeforeItsMembers) {
    std::optional<Crowd<int>> crowd(std::in_place);
    auto one = crowd->join(7);
    crowd.reset();
    EXPECT_EQ(*one, 7);
    one.reset();
}

}  // namespace
}  // namespace flowtap::crowd_test
