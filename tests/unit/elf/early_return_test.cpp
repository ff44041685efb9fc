// SPDX-License-Identifier: Apache-2.0
#include "code/function/early_return.h"

#include <gtest/gtest.h>

#include "code_bytes.h"

namespace flowtap::early_return_test {
namespace {

// _PyGen_Finalize as gcc begins it.
TEST(EarlyReturn, MayBeABareRet) {
    const CodeBytes code = {
        "80 7f 4b 00",     // 1000 cmpb $0,0x4b(%rdi)
        "7f 07",           // 1004 jg 100d
        "53",              // 1006 push %rbx
        "e8 f4 7f 00 00",  // 1007 call 9000
        "5b",              // 100c pop %rbx
        "c3",              // 100d ret
    };
    EXPECT_EQ(way_past_early_return(traced(code)), 0x1006u);
}

// As clang does: registers are saved before the look.
TEST(EarlyReturn, MayRestoreRegistersFirst) {
    const CodeBytes code = {
        "41 56",           // 1000 push %r14
        "48 83 ec 18",     // 1002 sub $0x18,%rsp
        "80 7f 4b 00",     // 1006 cmpb $0,0x4b(%rdi)
        "7e 07",           // 100a jle 1013
        "48 83 c4 18",     // 100c add $0x18,%rsp
        "41 5e",           // 1010 pop %r14
        "c3",              // 1012 ret
        "e8 e8 7f 00 00",  // 1013 call 9000
        "eb f2",           // 1018 jmp 100c
    };
    EXPECT_EQ(way_past_early_return(traced(code)), 0x1013u);
}

// As unoptimised code does: the return is shared.
TEST(EarlyReturn, MayBeJumpedTo) {
    const CodeBytes code = {
        "55",              // 1000 push %rbp
        "48 89 e5",        // 1001 mov %rsp,%rbp
        "84 c0",           // 1004 test %al,%al
        "7e 02",           // 1006 jle 100a
        "eb 05",           // 1008 jmp 100f
        "e8 f1 7f 00 00",  // 100a call 9000
        "c9",              // 100f leave
        "c3",              // 1010 ret
    };
    EXPECT_EQ(way_past_early_return(traced(code)), 0x100au);
}

TEST(EarlyReturn, IsNoneWhereSomethingIsDoneOnBothWays) {
    const CodeBytes code = {
        "84 c0",           // 1000 test %al,%al
        "74 04",           // 1002 je 1008
        "c6 07 01",        // 1004 movb $1,(%rdi)
        "c3",              // 1007 ret
        "e8 f3 7f 00 00",  // 1008 call 9000
        "c3",              // 100d ret
    };
    EXPECT_FALSE(way_past_early_return(traced(code)));
}

TEST(EarlyReturn, IsNoneWhereBothWaysOnlyReturn) {
    const CodeBytes code = {"84 c0", "74 01", "c3", "c3"};
    EXPECT_FALSE(way_past_early_return(traced(code)));
}

TEST(EarlyReturn, IsNoneWhereACallComesFirst) {
    const CodeBytes code = {"e8 fb 7f 00 00", "74 01", "c3", "e8 f3 7f 00 00", "c3"};
    EXPECT_FALSE(way_past_early_return(traced(code)));
}

TEST(LeadsAlone, HoldsUntilAWayJoinsOrParts) {
    const CodeBytes code = {
        "84 c0",  // 1000 test %al,%al
        "74 03",  // 1002 je 1007
        "90",     // 1004 nop
        "90",     // 1005 nop
        "90",     // 1006 nop
        "90",     // 1007 nop
        "c3",     // 1008 ret
    };
    const FunctionCode function = traced(code);
    EXPECT_TRUE(leads_alone(function, 0x1004, 0x1004));
    EXPECT_TRUE(leads_alone(function, 0x1004, 0x1006));
    EXPECT_FALSE(leads_alone(function, 0x1004, 0x1007)) << "the jump joins there";
    EXPECT_FALSE(leads_alone(function, 0x1002, 0x1004)) << "the ways part";
    EXPECT_FALSE(leads_alone(function, 0x1006, 0x1004)) << "not on the way";
}

}  // namespace
}  // namespace flowtap::early_return_test
