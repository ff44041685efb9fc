// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "code_bytes.h"
#include "sites/site.h"

namespace flowtap::entry_site_test {
namespace {

Site entry_of(const CodeBytes& code, unsigned arguments = 2) {
    const auto site = entry_site(traced(code), arguments);
    EXPECT_TRUE(site) << site.error().message();
    return site ? *site : Site{};
}

TEST(EntrySite, SkipsEndbrForThePushAfterIt) {
    const Site site = entry_of({
        "f3 0f 1e fa",  // 1000 endbr64
        "53",           // 1004 push %rbx
        "48 89 fb",     // 1005 mov %rdi,%rbx
        "5b",           // 1008 pop %rbx
        "c3",           // 1009 ret
    });
    EXPECT_EQ(site.address, 0x1004u);
    EXPECT_EQ(site.cost, SiteCost::kEmulated);
    EXPECT_EQ(site.reason, "first emulated instruction that every call executes");
    EXPECT_EQ(site.stack_adjust, 0);
}

TEST(EntrySite, IsNoneWhereTheKernelRefusesAll) {
    const auto site = entry_site(traced({
                                     "f0 ff 07",  // 1000 lock incl (%rdi)
                                     "31 ff",     // 1003 xor %edi,%edi
                                     "c3",        // 1005 ret
                                 }),
                                 EntryNeeds{.registers = Register::kRdi, .memory = true});
    ASSERT_FALSE(site);
    EXPECT_EQ(site.error().message(),
              "choose the entry site of the function at 0x1000: no instruction there can be probed");
}

TEST(EntrySite, TakesTheFirstBranchAfterTheStackMoved) {
    const Site site = entry_of({
        "f3 0f 1e fa",           // 1000 endbr64
        "48 81 ec 88 00 00 00",  // 1004 sub $0x88,%rsp
        "48 8b 47 18",           // 100b mov 0x18(%rdi),%rax
        "49 89 f2",              // 100f mov %rsi,%r10
        "48 85 d2",              // 1012 test %rdx,%rdx
        "78 02",                 // 1015 js 1019
        "31 c0",                 // 1017 xor %eax,%eax
        "48 81 c4 88 00 00 00",  // 1019 add $0x88,%rsp
        "c3",                    // 1020 ret
    });
    EXPECT_EQ(site.address, 0x1015u);
    EXPECT_EQ(site.cost, SiteCost::kEmulated);
    EXPECT_EQ(site.stack_adjust, 0x88);
}

TEST(EntrySite, TakesATailJumpWhileTheArgumentsAreIntact) {
    const Site site = entry_of(
        {
            "45 31 c0",        // 1000 xor %r8d,%r8d
            "31 c9",           // 1003 xor %ecx,%ecx
            "e9 f6 6f 00 00",  // 1005 jmp 8000
        },
        3);
    EXPECT_EQ(site.address, 0x1005u);
    EXPECT_EQ(site.cost, SiteCost::kEmulated);
}

TEST(EntrySite, FallsBackToTheFirstInstructionWhenAnArgumentIsLostBeforeTheJump) {
    const Site site = entry_of(
        {
            "45 31 c0",        // 1000 xor %r8d,%r8d
            "31 c9",           // 1003 xor %ecx,%ecx
            "e9 f6 6f 00 00",  // 1005 jmp 8000
        },
        4);
    EXPECT_EQ(site.address, 0x1000u);
    EXPECT_EQ(site.cost, SiteCost::kSingleStep);
    EXPECT_EQ(site.reason,
              "first instruction that can be probed; none emulated comes before the values to read change");
}

TEST(EntrySite, MayUseANop5AsTheFirstInstruction) {
    EXPECT_EQ(entry_of({
                           "0f 1f 04 00",  // 1000 nopl (%rax,%rax,1)
                           "48 89 f8",     // 1004 mov %rdi,%rax
                           "c3",           // 1007 ret
                       })
                  .address,
              0x1000u);
}

TEST(EntrySite, NeverUsesALaterNop5) {
    const Site site = entry_of({
        "48 89 74 24 f8",  // 1000 mov %rsi,-0x8(%rsp)
        "0f 1f 04 00",     // 1005 nopl (%rax,%rax,1)
        "48 8b 44 24 f8",  // 1009 mov -0x8(%rsp),%rax
        "c3",              // 100e ret
    });
    EXPECT_EQ(site.address, 0x1000u);
    EXPECT_EQ(site.cost, SiteCost::kSingleStep);
}

TEST(EntrySite, StopsWhereAnArgumentChanges) {
    const CodeBytes code{
        "48 89 f8",  // 1000 mov %rdi,%rax
        "48 89 f7",  // 1003 mov %rsi,%rdi
        "53",        // 1006 push %rbx
        "5b",        // 1007 pop %rbx
        "c3",        // 1008 ret
    };
    EXPECT_EQ(entry_of(code, 1).address, 0x1000u);
    EXPECT_EQ(entry_of(code, 0).address, 0x1006u);
}

TEST(EntrySite, DoesNotEnterALoop) {
    const Site site = entry_of({
        "31 c0",     // 1000 xor %eax,%eax
        "48 01 f8",  // 1002 add %rdi,%rax
        "48 ff cf",  // 1005 dec %rdi
        "75 f8",     // 1008 jne 1002
        "c3",        // 100a ret
    });
    EXPECT_EQ(site.address, 0x1000u);
    EXPECT_EQ(site.cost, SiteCost::kSingleStep);
}

TEST(EntrySite, IsRefusedWhenALoopStartsAtTheEntry) {
    const auto site = entry_site(traced({
                                     "48 ff cf",  // 1000 dec %rdi
                                     "75 fb",     // 1003 jne 1000
                                     "c3",        // 1005 ret
                                 }),
                                 1);
    ASSERT_FALSE(site);
    EXPECT_EQ(
        site.error().message(),
        "choose the entry site of the function at 0x1000: its own code jumps back to its first instruction");
}

}  // namespace
}  // namespace flowtap::entry_site_test
