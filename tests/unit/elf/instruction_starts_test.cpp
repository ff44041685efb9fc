// SPDX-License-Identifier: Apache-2.0
#include "code/instruction_starts.h"

#include <gtest/gtest.h>

#include "code_bytes.h"

namespace flowtap::instruction_starts_test {
namespace {

TEST(InstructionStarts, AreToldFromTheStartOfThePiece) {
    CodeBytes code = {
        "b8 c6 43 fb 04",  // 1000 mov $0x4fb43c6,%eax: holds "movb $4,-5(%rbx)"
        "c6 43 fb 04",     // 1005 movb $4,-5(%rbx)
        "c3",              // 1009 ret
    };
    code.piece(0x1000, 0x100a);
    InstructionStarts starts(code);
    EXPECT_EQ(starts.contain(0x1001), false);
    EXPECT_EQ(starts.contain(0x1000), true);
    EXPECT_EQ(starts.contain(0x1005), true);
    EXPECT_EQ(starts.contain(0x1006), false);
    EXPECT_EQ(starts.contain(0x1009), true);
}

TEST(InstructionStarts, AreNotKnownOutsideOfEveryPiece) {
    CodeBytes code = {"c3", "c3"};
    code.piece(0x1000, 0x1001);
    InstructionStarts starts(code);
    EXPECT_EQ(starts.contain(0x1000), true);
    EXPECT_EQ(starts.contain(0x1001), std::nullopt);
}

TEST(InstructionStarts, AreNoneBehindWhatIsNoCode) {
    CodeBytes code = {"90", "06", "90", "c3"};  // 06: no instruction of 64-bit code
    code.piece(0x1000, 0x1004);
    InstructionStarts starts(code);
    EXPECT_EQ(starts.contain(0x1000), true);
    EXPECT_EQ(starts.contain(0x1002), false);
    EXPECT_EQ(starts.contain(0x1003), false);
}

TEST(InstructionStarts, AreNoneWhereAPieceClaimsMoreThanAFunctionHas) {
    CodeBytes code = {"90", "c3"};
    code.piece(0x1000, 0x1000 + (1ull << 40));
    InstructionStarts starts(code);
    EXPECT_EQ(starts.contain(0x1001), false);
}

TEST(InstructionStarts, AreFoundAcrossTheBuffersOfALongPiece) {
    std::vector<uint8_t> raw;
    for (int i = 0; i < 4000; i++) raw.insert(raw.end(), {0x48, 0xc7, 0xc0, 0x90, 0x90, 0x90, 0x90});
    CodeBytes code(raw);
    code.piece(0x1000, 0x1000 + raw.size());
    InstructionStarts starts(code);
    for (uint64_t i = 0; i < raw.size(); i++) ASSERT_EQ(starts.contain(0x1000 + i), i % 7 == 0) << i;
}

// "cmp $0,%fs:0x18; je 1f; lock; 1: cmpxchg ..."
TEST(InstructionStarts, MayLieBehindALockPrefixThatIsJumpedOver) {
    CodeBytes code = {
        "74 01",           // 1000 je 1003
        "f0 48 0f b1 17",  // 1002 lock cmpxchg %rdx,(%rdi)
        "c3",              // 1007 ret
    };
    code.piece(0x1000, 0x1008);
    InstructionStarts starts(code);
    EXPECT_EQ(starts.contain(0x1002), true);
    EXPECT_EQ(starts.contain(0x1003), true);
    EXPECT_EQ(starts.contain(0x1004), false);
}

}  // namespace
}  // namespace flowtap::instruction_starts_test
