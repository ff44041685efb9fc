// SPDX-License-Identifier: Apache-2.0
#include "pipeline/identity_pool.h"

#include <gtest/gtest.h>

#include <string>

namespace flowtap::identity_pool_test {
namespace {

TEST(IdentityPool, GivesEqualIdentitiesOneAddress) {
    IdentityPool pool;
    const SharedIdentity first = pool.share(NodeIdentity{"w", "n", "T"});
    const SharedIdentity again = pool.share(NodeIdentity{"w", "n", "T"});
    EXPECT_EQ(first.address(), again.address());
    EXPECT_NE(first.address(), pool.share(NodeIdentity{"w", "m", "T"}).address());
}

TEST(IdentityPool, GivesEachIdentityItselfHoweverManyShareASlot) {
    IdentityPool pool;
    for (int round = 0; round < 2; ++round) {
        for (std::size_t i = 0; i < 3 * IdentityPool::kSlots; ++i) {
            const Identity wanted = WorkflowIdentity{std::to_string(i)};
            ASSERT_EQ(*pool.share(wanted), wanted);
        }
    }
    EXPECT_EQ(*pool.share(WorkflowIdentity{}), Identity(WorkflowIdentity{}));
}

}  // namespace
}  // namespace flowtap::identity_pool_test
