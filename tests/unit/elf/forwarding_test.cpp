// SPDX-License-Identifier: Apache-2.0
#include "code/function/forwarding.h"

#include <gtest/gtest.h>

#include "code_bytes.h"

namespace flowtap::forwarding_test {
namespace {

// method_vectorcall of 3.14 as clang compiles it, without the thread's state.
TEST(Forwarding, IsToTheOneFunctionJumpedTo) {
    const CodeBytes code = {
        "48 8b 57 18",     // 1000 mov 0x18(%rdi),%rdx
        "48 8b 77 10",     // 1004 mov 0x10(%rdi),%rsi
        "e9 f3 6f 00 00",  // 1008 jmp 8000
    };
    EXPECT_EQ(forwards_to(traced(code)), kOtherFunction);
}

TEST(Forwarding, IsNoneWhereTheFunctionAlsoReturns) {
    const CodeBytes code = {
        "48 85 ff",        // 1000 test %rdi,%rdi
        "74 05",           // 1003 je 100a
        "e9 f6 6f 00 00",  // 1005 jmp 8000
        "c3",              // 100a ret
    };
    EXPECT_EQ(forwards_to(traced(code)), std::nullopt);
}

TEST(Forwarding, IsNoneToSeveralFunctions) {
    CodeBytes code = {
        "48 85 ff",        // 1000 test %rdi,%rdi
        "74 05",           // 1003 je 100a
        "e9 f6 6f 00 00",  // 1005 jmp 8000
        "e9 f1 7f 00 00",  // 100a jmp 9000
    };
    code.function_at(kCallee);
    EXPECT_EQ(forwards_to(traced(code)), std::nullopt);
}

TEST(Forwarding, IsNoneThroughAPointer) {
    EXPECT_EQ(forwards_to(traced({"ff e0"})), std::nullopt) << "jmp *%rax";
    EXPECT_EQ(forwards_to(traced({"c3"})), std::nullopt) << "ret";
}

}  // namespace
}  // namespace flowtap::forwarding_test
