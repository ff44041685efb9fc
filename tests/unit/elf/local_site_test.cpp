// SPDX-License-Identifier: Apache-2.0
#include "sites/local_site.h"

#include <gtest/gtest.h>

#include "code_bytes.h"

namespace flowtap::local_site_test {
namespace {

TEST(SiteAfterCall, IsTheFirstEmulatedInstructionThatStillHasTheResult) {
    const CodeBytes code = {
        "e8 fb 7f 00 00",  // 1000 call 9000
        "48 89 c3",        // 1005 mov %rax,%rbx
        "31 c0",           // 1008 xor %eax,%eax
        "75 00",           // 100a jne 100c
        "c3",              // 100c ret
    };
    const auto site = site_after_call(code, kCodeStart);
    ASSERT_TRUE(site);
    EXPECT_EQ(site->site.address, 0x100au);
    EXPECT_EQ(site->holder, Register::kRbx);
    EXPECT_EQ(site->site.reason, "first emulated instruction on this path");
}

TEST(SiteAfterCall, IsNoneOnceTheResultIsLost) {
    const CodeBytes code = {
        "e8 fb 7f 00 00",  // 1000 call 9000
        "31 c0",           // 1005 xor %eax,%eax
        "90",              // 1007 nop
        "c3",              // 1008 ret
    };
    EXPECT_FALSE(site_after_call(code, kCodeStart));
    EXPECT_FALSE(site_after_call(code, 0x1005)) << "no call";
}

}  // namespace
}  // namespace flowtap::local_site_test
