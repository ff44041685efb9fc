// SPDX-License-Identifier: Apache-2.0
#include "attach/role_encoding.h"

#include <gtest/gtest.h>

#include "bpf/target.h"

namespace flowtap::role_encoding_test {
namespace {

TEST(RoleEncoding, GivesEachRoleABitOfItsOwn) {
    constexpr auto kLast = static_cast<unsigned>(CodeRole::kLateIds);
    unsigned all = 0;
    for (unsigned i = 0; i <= kLast; i++) {
        const unsigned bit = encode_roles({static_cast<CodeRole>(i)});
        EXPECT_NE(bit, 0U) << i;
        EXPECT_EQ(all & bit, 0U) << i;
        all |= bit;
    }
    EXPECT_EQ(all, 0xffffU);
}

TEST(RoleEncoding, JoinsTheBits) {
    EXPECT_EQ(encode_roles({}), 0);
    EXPECT_EQ(encode_roles({CodeRole::kNode, CodeRole::kCoroutine, CodeRole::kLateIds}),
              FT_CODE_NODE | FT_CODE_COROUTINE | FT_CODE_LATE_IDS);
    CodeRoles roles{CodeRole::kWorkflow, CodeRole::kShared};
    roles.add(CodeRole::kWatched);
    roles.remove(CodeRole::kShared);
    EXPECT_EQ(encode_roles(roles), FT_CODE_WORKFLOW | FT_CODE_WATCHED);
}

}  // namespace
}  // namespace flowtap::role_encoding_test
