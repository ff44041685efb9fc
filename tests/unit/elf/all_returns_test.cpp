// SPDX-License-Identifier: Apache-2.0
#include "code/function/all_returns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "code_bytes.h"

namespace flowtap::all_returns_test {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::Optional;

// gen_throw, _gen_throw and gen_send_ex as clang builds them.
TEST(AllReturns, AreAlsoThoseOfWhatIsTailCalled) {
    CodeBytes code = {
        "85 f6",           // 1000 test %esi,%esi
        "74 05",           // 1002 je 1009
        "e9 f7 0f 00 00",  // 1004 jmp 2000
        "31 c0",           // 1009 xor %eax,%eax
        "c3",              // 100b ret
    };
    code.function_at(0x2000).put(0x2000, {
                                             "53",              // 2000 push %rbx
                                             "75 07",           // 2001 jne 200a
                                             "5b",              // 2003 pop %rbx
                                             "e9 f7 0f 00 00",  // 2004 jmp 3000
                                             "90",              // 2009 nop
                                             "5b",              // 200a pop %rbx
                                             "c3",              // 200b ret
                                         });
    code.function_at(0x3000).put(0x3000, {"31 c0", "c3"});
    EXPECT_THAT(all_returns(code, 0x1000),
                Optional(ElementsAre(Field(&Site::address, 0x100bu), Field(&Site::address, 0x200bu),
                                     Field(&Site::address, 0x3002u))));
}

TEST(AllReturns, AreUnknownWhereATailCallLeadsAnywhere) {
    const CodeBytes code = {
        "85 f6",  // 1000 test %esi,%esi
        "74 02",  // 1002 je 1006
        "ff e0",  // 1004 jmp *%rax
        "c3",     // 1006 ret
    };
    EXPECT_FALSE(all_returns(code, 0x1000));
}

TEST(AllReturns, AreUnknownWhereTailCallsGoRoundOrTooFar) {
    CodeBytes code = {"e9 fb 0f 00 00"};                                           // 1000 jmp 2000
    code.function_at(0x1000).function_at(0x2000).put(0x2000, {"e9 fb ef ff ff"});  // jmp 1000
    EXPECT_FALSE(all_returns(code, 0x1000));
}

}  // namespace
}  // namespace flowtap::all_returns_test
