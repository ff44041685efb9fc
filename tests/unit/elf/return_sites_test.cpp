// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "code_bytes.h"
#include "sites/site.h"

namespace flowtap::return_sites_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

ExitSites exits_of(const CodeBytes& code, ReturnValue value = ReturnValue::kNeeded) {
    const auto exits = return_sites(traced(code), value);
    EXPECT_TRUE(exits) << exits.error().message();
    return exits ? *exits : ExitSites{};
}

std::vector<std::pair<uint64_t, SiteCost>> places(const ExitSites& exits) {
    std::vector<std::pair<uint64_t, SiteCost>> all;
    for (const Site& site : exits.sites) all.emplace_back(site.address, site.cost);
    return all;
}

TEST(ReturnSites, UseTheRetRatherThanAnInstructionThatIsPartOfTheEntry) {
    const ExitSites exits = exits_of({
        "b8 01 00 00 00",  // 1000 mov $0x1,%eax
        "53",              // 1005 push %rbx
        "5b",              // 1006 pop %rbx
        "c3",              // 1007 ret
    });
    EXPECT_THAT(places(exits), ElementsAre(Pair(0x1007, SiteCost::kSingleStep)));
    EXPECT_EQ(exits.sites[0].stack_adjust, 0);
    EXPECT_EQ(exits.sites[0].reason, "the ret");
}

TEST(ReturnSites, AreCheapWhereNothingButTheReturnFollows) {
    const ExitSites exits = exits_of({
        "55",              // 1000 push %rbp
        "e8 fa 7f 00 00",  // 1001 call 9000
        "90",              // 1006 nop
        "5d",              // 1007 pop %rbp
        "c3",              // 1008 ret
    });
    ASSERT_THAT(places(exits), ElementsAre(Pair(0x1006, SiteCost::kEmulated)));
    EXPECT_EQ(exits.sites[0].reason, "nothing but the return follows");
}

TEST(ReturnSites, UseTheStackCheckWhoseFailureEndsTheProcess) {
    const ExitSites exits = exits_of({
        "48 83 ec 18",                 // 1000 sub $0x18,%rsp
        "e8 f7 7f 00 00",              // 1004 call 9000
        "48 8b 54 24 08",              // 1009 mov 0x8(%rsp),%rdx
        "64 48 2b 14 25 28 00 00 00",  // 100e sub %fs:0x28,%rdx
        "75 05",                       // 1017 jne 101e
        "48 83 c4 18",                 // 1019 add $0x18,%rsp
        "c3",                          // 101d ret
        "e8 dd df 00 00",              // 101e call f000
    });
    EXPECT_THAT(places(exits), ElementsAre(Pair(0x1017, SiteCost::kEmulated)));
    EXPECT_EQ(exits.sites[0].stack_adjust, 24);
}

TEST(ReturnSites, DoNotTakeAThrowForAReturn) {
    EXPECT_THAT(places(exits_of({
                    "48 83 ec 18",     // 1000 sub $0x18,%rsp
                    "e8 f7 7f 00 00",  // 1004 call 9000
                    "48 85 c0",        // 1009 test %rax,%rax
                    "75 05",           // 100c jne 1013
                    "48 83 c4 18",     // 100e add $0x18,%rsp
                    "c3",              // 1012 ret
                    "e8 e8 cf 00 00",  // 1013 call e000
                })),
                ElementsAre(Pair(0x1012, SiteCost::kSingleStep)));
}

TEST(ReturnSites, UseTheJumpsThatLeadToASharedRet) {
    EXPECT_THAT(places(exits_of({
                    "b8 01 00 00 00",  // 1000 mov $0x1,%eax
                    "48 85 ff",        // 1005 test %rdi,%rdi
                    "75 07",           // 1008 jne 1011
                    "b8 02 00 00 00",  // 100a mov $0x2,%eax
                    "eb 08",           // 100f jmp 1019
                    "b8 03 00 00 00",  // 1011 mov $0x3,%eax
                    "eb 01",           // 1016 jmp 1019
                    "cc",              // 1018 int3
                    "c3",              // 1019 ret
                })),
                ElementsAre(Pair(0x100f, SiteCost::kEmulated), Pair(0x1016, SiteCost::kEmulated)));
}

TEST(ReturnSites, NeedNotWaitForAValueThatNobodyLooksAt) {
    const CodeBytes code{
        "48 83 ec 08",     // 1000 sub $0x8,%rsp
        "e8 f7 7f 00 00",  // 1004 call 9000
        "85 c0",           // 1009 test %eax,%eax
        "74 03",           // 100b je 1010
        "ff 07",           // 100d incl (%rdi)
        "90",              // 100f nop
        "31 c0",           // 1010 xor %eax,%eax
        "48 83 c4 08",     // 1012 add $0x8,%rsp
        "c3",              // 1016 ret
    };
    EXPECT_THAT(places(exits_of(code)), ElementsAre(Pair(0x1016, SiteCost::kSingleStep)));
    // The nop is nearer, but only one of the two ways crosses it.
    const ExitSites exits = exits_of(code, ReturnValue::kNotNeeded);
    EXPECT_THAT(places(exits), ElementsAre(Pair(0x100b, SiteCost::kEmulated)));
    EXPECT_EQ(exits.sites[0].stack_adjust, 8);
}

TEST(ReturnSites, UseTheBranchThatAllWaysCrossRatherThanOneThatSomeDo) {
    EXPECT_THAT(places(exits_of({
                    "b8 01 00 00 00",  // 1000 mov $0x1,%eax
                    "48 85 ff",        // 1005 test %rdi,%rdi
                    "74 06",           // 1008 je 1010
                    "48 85 f6",        // 100a test %rsi,%rsi
                    "74 01",           // 100d je 1010
                    "90",              // 100f nop
                    "c3",              // 1010 ret
                })),
                ElementsAre(Pair(0x1010, SiteCost::kSingleStep)))
        << "the first branch is part of the entry";
    EXPECT_THAT(places(exits_of({
                    "e8 fb 7f 00 00",  // 1000 call 9000
                    "48 85 ff",        // 1005 test %rdi,%rdi
                    "74 06",           // 1008 je 1010
                    "48 85 f6",        // 100a test %rsi,%rsi
                    "74 01",           // 100d je 1010
                    "90",              // 100f nop
                    "c3",              // 1010 ret
                })),
                ElementsAre(Pair(0x1008, SiteCost::kEmulated)));
}

TEST(ReturnSites, AreNotBeforeACallASystemCallOrALoop) {
    const auto last = [](const CodeBytes& code) { return places(exits_of(code, ReturnValue::kNotNeeded)); };
    EXPECT_THAT(last({
                    "48 83 ec 08",     // 1000 sub $0x8,%rsp
                    "eb 00",           // 1004 jmp 1006
                    "e8 f5 7f 00 00",  // 1006 call 9000
                    "48 83 c4 08",     // 100b add $0x8,%rsp
                    "c3",              // 100f ret
                }),
                ElementsAre(Pair(0x100f, SiteCost::kSingleStep)));
    EXPECT_THAT(last({
                    "31 c0",  // 1000 xor %eax,%eax
                    "eb 00",  // 1002 jmp 1004
                    "0f 05",  // 1004 syscall
                    "c3",     // 1006 ret
                }),
                ElementsAre(Pair(0x1006, SiteCost::kSingleStep)));
    EXPECT_THAT(last({
                    "31 c0",  // 1000 xor %eax,%eax
                    "eb 00",  // 1002 jmp 1004
                    "ff c8",  // 1004 dec %eax
                    "85 c0",  // 1006 test %eax,%eax
                    "75 fa",  // 1008 jne 1004
                    "c3",     // 100a ret
                }),
                ElementsAre(Pair(0x100a, SiteCost::kSingleStep)));
}

TEST(ReturnSites, CrossOneSiteWhereOneCheapInstructionLeadsToAnother) {
    EXPECT_THAT(places(exits_of({
                    "b8 01 00 00 00",  // 1000 mov $0x1,%eax
                    "48 85 ff",        // 1005 test %rdi,%rdi
                    "74 02",           // 1008 je 100c
                    "eb 01",           // 100a jmp 100d
                    "90",              // 100c nop
                    "c3",              // 100d ret
                })),
                ElementsAre(Pair(0x100a, SiteCost::kEmulated), Pair(0x100c, SiteCost::kEmulated)));
}

TEST(ReturnSites, WaitUntilTheResultIsFinal) {
    EXPECT_THAT(places(exits_of({
                    "b8 01 00 00 00",  // 1000 mov $0x1,%eax
                    "48 85 ff",        // 1005 test %rdi,%rdi
                    "75 02",           // 1008 jne 100c
                    "eb 02",           // 100a jmp 100e
                    "eb 00",           // 100c jmp 100e
                    "48 89 d0",        // 100e mov %rdx,%rax
                    "c3",              // 1011 ret
                })),
                ElementsAre(Pair(0x1011, SiteCost::kSingleStep)));
}

TEST(ReturnSites, StayOnTheRetWhenTheUnwinderCanReachIt) {
    CodeBytes code{
        "48 83 ec 18",                 // 1000 sub $0x18,%rsp
        "e8 f7 7f 00 00",              // 1004 call 9000
        "48 8b 54 24 08",              // 1009 mov 0x8(%rsp),%rdx
        "64 48 2b 14 25 28 00 00 00",  // 100e sub %fs:0x28,%rdx
        "75 05",                       // 1017 jne 101e
        "48 83 c4 18",                 // 1019 add $0x18,%rsp
        "c3",                          // 101d ret
        "e8 dd df 00 00",              // 101e call f000
    };
    code.piece(0x1000, 0x1023).landing_pad(0x1019);
    EXPECT_THAT(places(exits_of(code)), ElementsAre(Pair(0x101d, SiteCost::kSingleStep)));
}

TEST(ReturnSites, ListTailCalls) {
    const ExitSites exits = exits_of({
        "53",              // 1000 push %rbx
        "48 85 ff",        // 1001 test %rdi,%rdi
        "74 06",           // 1004 je 100c
        "5b",              // 1006 pop %rbx
        "e9 f4 6f 00 00",  // 1007 jmp 8000
        "5b",              // 100c pop %rbx
        "ff e0",           // 100d jmp *%rax
    });
    EXPECT_THAT(exits.sites, IsEmpty());
    ASSERT_EQ(exits.tail_calls.size(), 2u);
    EXPECT_EQ(exits.tail_calls[0].address, 0x1007u);
    EXPECT_EQ(exits.tail_calls[0].target, kOtherFunction);
    EXPECT_EQ(exits.tail_calls[1].address, 0x100du);
    EXPECT_EQ(exits.tail_calls[1].target, std::nullopt);
}

TEST(ReturnSites, NameUnresolvedJumpsAndDoNotTrustWhatPrecedesARet) {
    const ExitSites exits = exits_of({
        "53",              // 1000 push %rbx
        "48 85 ff",        // 1001 test %rdi,%rdi
        "74 08",           // 1004 je 100e
        "b8 01 00 00 00",  // 1006 mov $0x1,%eax
        "5b",              // 100b pop %rbx
        "eb 03",           // 100c jmp 1011
        "ff e2",           // 100e jmp *%rdx
        "cc",              // 1010 int3
        "c3",              // 1011 ret
    });
    EXPECT_THAT(exits.unresolved_jumps, ElementsAre(0x100e));
    EXPECT_THAT(places(exits), ElementsAre(Pair(0x1011, SiteCost::kSingleStep)));
}

std::string refusal(const CodeBytes& code) {
    const auto exits = return_sites(traced(code));
    return exits ? "sites" : exits.error().message();
}

TEST(ReturnSites, AreRefusedForAFunctionThatNeverReturns) {
    EXPECT_EQ(refusal({"eb fe"}), "choose the return sites of the function at 0x1000: it never returns");
}

TEST(ReturnSites, AreRefusedWhereTheRetCannotBeProbed) {
    EXPECT_EQ(refusal({"b8 01 00 00 00", "2e c3"}),  // mov $0x1,%eax; cs ret
              "choose the return sites of the function at 0x1000: the kernel refuses a probe on its ret");
}

}  // namespace
}  // namespace flowtap::return_sites_test
