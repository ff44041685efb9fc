// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "code_bytes.h"
#include "sites/site.h"

namespace flowtap::call_sites_test {
namespace {

using testing::ElementsAre;

bool any_inner_call(const Instruction& call) { return !call.target || *call.target == kCallee; }
bool indirect_call(const Instruction& call) { return call.flow == Flow::kIndirectCall; }

using Places = std::vector<std::tuple<uint64_t, SiteCost, Register>>;

std::vector<CallReturn> returns_of(const CodeBytes& code, Argument0 argument0 = Argument0::kNotNeeded,
                                   const InnerCall& chosen = any_inner_call) {
    const auto sites = sites_after_calls(traced(code), chosen, argument0);
    EXPECT_TRUE(sites) << sites.error().message();
    return sites ? *sites : std::vector<CallReturn>();
}

Places places(const std::vector<CallReturn>& returns) {
    Places all;
    for (const CallReturn& one : returns) all.emplace_back(one.site.address, one.site.cost, one.result);
    return all;
}

constexpr auto kCheapSite = SiteCost::kEmulated;
constexpr auto kDearSite = SiteCost::kSingleStep;

// CPython's gen_send_ex2 as Debian 12 builds it.
TEST(SitesAfterCalls, ShareTheBranchWhereTwoCallsJoin) {
    const auto returns = returns_of(
        {
            "53",              // 1000 push %rbx
            "48 89 fb",        // 1001 mov %rdi,%rbx
            "48 83 ec 10",     // 1004 sub $0x10,%rsp
            "48 8b 47 08",     // 1008 mov 0x8(%rdi),%rax
            "48 85 c0",        // 100c test %rax,%rax
            "75 17",           // 100f jne 1028
            "e8 ea 7f 00 00",  // 1011 call 9000
            "49 89 c4",        // 1016 mov %rax,%r12
            "80 7b 4b 00",     // 1019 cmpb $0x0,0x4b(%rbx)
            "74 0d",           // 101d je 102c
            "4c 89 22",        // 101f mov %r12,(%rdx)
            "48 83 c4 10",     // 1022 add $0x10,%rsp
            "5b",              // 1026 pop %rbx
            "c3",              // 1027 ret
            "ff d0",           // 1028 call *%rax
            "eb ea",           // 102a jmp 1016
            "c6 43 4b 01",     // 102c movb $0x1,0x4b(%rbx)
            "eb ed",           // 1030 jmp 101f
        },
        Argument0::kNeeded);
    EXPECT_THAT(places(returns), ElementsAre(std::tuple(0x101d, kCheapSite, Register::kRax)));
    EXPECT_EQ(returns[0].site.reason,
              "first emulated instruction after the call with its result in a register");
    EXPECT_THAT(returns[0].argument0, ElementsAre(Register::kRbx));
    EXPECT_EQ(returns[0].site.stack_adjust, 24);
}

// CPython's method_vectorcall as Debian 12 builds it.
TEST(SitesAfterCalls, UseTheJumpOfEachPathAndSingleStepOnThePathWithout) {
    EXPECT_THAT(places(returns_of({
                    "53",              // 1000 push %rbx
                    "48 83 ec 20",     // 1001 sub $0x20,%rsp
                    "48 85 d2",        // 1005 test %rdx,%rdx
                    "78 16",           // 1008 js 1020
                    "48 85 c9",        // 100a test %rcx,%rcx
                    "74 1f",           // 100d je 102e
                    "e8 ec 7f 00 00",  // 100f call 9000
                    "49 89 c5",        // 1014 mov %rax,%r13
                    "48 83 c4 20",     // 1017 add $0x20,%rsp
                    "4c 89 e8",        // 101b mov %r13,%rax
                    "5b",              // 101e pop %rbx
                    "c3",              // 101f ret
                    "e8 db 7f 00 00",  // 1020 call 9000
                    "49 89 c5",        // 1025 mov %rax,%r13
                    "48 89 4b f8",     // 1028 mov %rcx,-0x8(%rbx)
                    "eb 15",           // 102c jmp 1043
                    "e8 cd 7f 00 00",  // 102e call 9000
                    "48 89 c3",        // 1033 mov %rax,%rbx
                    "49 39 c5",        // 1036 cmp %rax,%r13
                    "74 05",           // 1039 je 1040
                    "e8 c0 6f 00 00",  // 103b call 8000
                    "49 89 dd",        // 1040 mov %rbx,%r13
                    "48 83 c4 20",     // 1043 add $0x20,%rsp
                    "4c 89 e8",        // 1047 mov %r13,%rax
                    "5b",              // 104a pop %rbx
                    "c3",              // 104b ret
                })),
                ElementsAre(std::tuple(0x1014, kDearSite, Register::kRax),
                            std::tuple(0x102c, kCheapSite, Register::kRax),
                            std::tuple(0x1039, kCheapSite, Register::kRax)));
}

TEST(SitesAfterCalls, LieOnEveryPathOnceIfAJumpSkipsASingleSteppedOne) {
    EXPECT_THAT(places(returns_of({
                    "53",              // 1000 push %rbx
                    "48 85 d2",        // 1001 test %rdx,%rdx
                    "78 0d",           // 1004 js 1013
                    "e8 f5 7f 00 00",  // 1006 call 9000
                    "49 89 c5",        // 100b mov %rax,%r13
                    "4c 89 e8",        // 100e mov %r13,%rax
                    "5b",              // 1011 pop %rbx
                    "c3",              // 1012 ret
                    "e8 e8 7f 00 00",  // 1013 call 9000
                    "49 89 c5",        // 1018 mov %rax,%r13
                    "eb f1",           // 101b jmp 100e
                })),
                ElementsAre(std::tuple(0x100b, kDearSite, Register::kRax),
                            std::tuple(0x101b, kCheapSite, Register::kRax)));
}

// CPython 3.13's method_vectorcall: _Py_CheckFunctionResult gets the result as its third argument.
TEST(SitesAfterCalls, UseACallThatFollowsWhileTheResultIsAtHand) {
    EXPECT_THAT(places(returns_of(
                    {
                        "48 83 ec 08",     // 1000 sub $0x8,%rsp
                        "48 89 fb",        // 1004 mov %rdi,%rbx
                        "ff d0",           // 1007 call *%rax
                        "48 89 c2",        // 1009 mov %rax,%rdx
                        "31 c9",           // 100c xor %ecx,%ecx
                        "e8 ed 7f 00 00",  // 100e call 9000
                        "48 83 c4 08",     // 1013 add $0x8,%rsp
                        "c3",              // 1017 ret
                    },
                    Argument0::kNotNeeded, indirect_call)),
                ElementsAre(std::tuple(0x100e, kCheapSite, Register::kRax)));
}

std::string refusal(const CodeBytes& code) {
    const auto sites = sites_after_calls(traced(code), any_inner_call);
    return sites ? "sites" : sites.error().message();
}

TEST(SitesAfterCalls, AreRefusedWhereAWayWithoutTheCallJoinsAtOnce) {
    EXPECT_EQ(refusal({
                  "53",              // 1000 push %rbx
                  "48 85 ff",        // 1001 test %rdi,%rdi
                  "74 07",           // 1004 je 100d
                  "e8 f5 7f 00 00",  // 1006 call 9000
                  "5b",              // 100b pop %rbx
                  "c3",              // 100c ret
                  "31 c0",           // 100d xor %eax,%eax
                  "eb fa",           // 100f jmp 100b
              }),
              "choose the sites after inner calls of the function at 0x1000: no instruction is executed "
              "exactly once after each inner call");
}

TEST(SitesAfterCalls, AreSingleSteppedIfTheResultIsInNoRegisterAtTheBranch) {
    const auto returns = returns_of({
        "48 83 ec 18",     // 1000 sub $0x18,%rsp
        "e8 f7 7f 00 00",  // 1004 call 9000
        "48 89 44 24 08",  // 1009 mov %rax,0x8(%rsp)
        "31 c0",           // 100e xor %eax,%eax
        "48 85 d2",        // 1010 test %rdx,%rdx
        "74 01",           // 1013 je 1016
        "90",              // 1015 nop
        "48 8b 44 24 08",  // 1016 mov 0x8(%rsp),%rax
        "48 83 c4 18",     // 101b add $0x18,%rsp
        "c3",              // 101f ret
    });
    EXPECT_THAT(places(returns), ElementsAre(std::tuple(0x1009, kDearSite, Register::kRax)));
    EXPECT_EQ(returns.at(0).site.reason, "first instruction after the call; none emulated follows");
}

TEST(SitesAfterCalls, CountEachRoundOfALoop) {
    EXPECT_THAT(places(returns_of({
                    "53",              // 1000 push %rbx
                    "e8 fa 7f 00 00",  // 1001 call 9000
                    "48 85 c0",        // 1006 test %rax,%rax
                    "75 f6",           // 1009 jne 1001
                    "5b",              // 100b pop %rbx
                    "c3",              // 100c ret
                })),
                ElementsAre(std::tuple(0x1009, kCheapSite, Register::kRax)));
}

TEST(SitesAfterCalls, TellTwoCallsInARowApart) {
    EXPECT_THAT(places(returns_of({
                    "48 83 ec 08",     // 1000 sub $0x8,%rsp
                    "e8 f7 7f 00 00",  // 1004 call 9000
                    "48 89 c7",        // 1009 mov %rax,%rdi
                    "e8 ef 7f 00 00",  // 100c call 9000
                    "48 83 c4 08",     // 1011 add $0x8,%rsp
                    "c3",              // 1015 ret
                })),
                ElementsAre(std::tuple(0x100c, kCheapSite, Register::kRax),
                            std::tuple(0x1011, kDearSite, Register::kRax)));
}

TEST(SitesAfterCalls, AreRefusedWhenTheFirstArgumentIsLost) {
    const auto sites = sites_after_calls(traced({
                                             "53",              // 1000 push %rbx
                                             "48 83 ec 20",     // 1001 sub $0x20,%rsp
                                             "48 85 d2",        // 1005 test %rdx,%rdx
                                             "78 16",           // 1008 js 1020
                                             "48 85 c9",        // 100a test %rcx,%rcx
                                             "74 1f",           // 100d je 102e
                                             "e8 ec 7f 00 00",  // 100f call 9000
                                             "49 89 c5",        // 1014 mov %rax,%r13
                                             "48 83 c4 20",     // 1017 add $0x20,%rsp
                                             "4c 89 e8",        // 101b mov %r13,%rax
                                             "5b",              // 101e pop %rbx
                                             "c3",              // 101f ret
                                             "e8 db 7f 00 00",  // 1020 call 9000
                                             "49 89 c5",        // 1025 mov %rax,%r13
                                             "48 89 4b f8",     // 1028 mov %rcx,-0x8(%rbx)
                                             "eb 15",           // 102c jmp 1043
                                             "e8 cd 7f 00 00",  // 102e call 9000
                                             "48 89 c3",        // 1033 mov %rax,%rbx
                                             "49 39 c5",        // 1036 cmp %rax,%r13
                                             "74 05",           // 1039 je 1040
                                             "e8 c0 6f 00 00",  // 103b call 8000
                                             "49 89 dd",        // 1040 mov %rbx,%r13
                                             "48 83 c4 20",     // 1043 add $0x20,%rsp
                                             "4c 89 e8",        // 1047 mov %r13,%rax
                                             "5b",              // 104a pop %rbx
                                             "c3",              // 104b ret
                                         }),
                                         any_inner_call, Argument0::kNeeded);
    ASSERT_FALSE(sites);
    EXPECT_EQ(sites.error().message(),
              "choose the sites after inner calls of the function at 0x1000: no instruction is executed "
              "exactly once after each inner call with the function's first argument still in a register");
}

// As CPython's PyIter_Send in a shared library of 3.14: the argument lies in the frame while the call runs.
Result<std::vector<CallReturn>> returns_where_saved(std::string_view save, std::string_view meanwhile,
                                                    std::string_view restore) {
    return sites_after_calls(traced({
                                 "53",           // push %rbx
                                 "48 83 ec 30",  // sub $0x30,%rsp
                                 save,           //
                                 meanwhile,      //
                                 "ff d0",        // call *%rax
                                 restore,        //
                                 "48 85 c0",     // test %rax,%rax
                                 "74 03",        // je the add
                                 "48 89 02",     // mov %rax,(%rdx)
                                 "48 83 c4 30",  // add $0x30,%rsp
                                 "5b",           // pop %rbx
                                 "c3",           // ret
                             }),
                             any_inner_call, Argument0::kNeeded);
}
constexpr std::string_view kSave = "48 89 7c 24 08";     // mov %rdi,0x8(%rsp)
constexpr std::string_view kRestore = "48 8b 4c 24 08";  // mov 0x8(%rsp),%rcx
constexpr std::string_view kNothing = "90";              // nop

TEST(SitesAfterCalls, FindTheFirstArgumentWhereItWasSavedInTheFrame) {
    for (const std::string_view meanwhile : {
             kNothing,
             std::string_view("48 c7 44 24 10 00 00 00 00"),  // movq $0x0,0x10(%rsp)
             std::string_view("c6 44 24 07 00"),              // movb $0x0,0x7(%rsp)
         }) {
        const auto returns = returns_where_saved(kSave, meanwhile, kRestore);
        ASSERT_TRUE(returns) << meanwhile << ": " << returns.error().message();
        ASSERT_EQ(returns->size(), 1u) << meanwhile;
        EXPECT_EQ(returns->front().site.cost, kCheapSite) << meanwhile;
        EXPECT_THAT(returns->front().argument0, ElementsAre(Register::kRcx)) << meanwhile;
    }
}

TEST(SitesAfterCalls, AreRefusedWhereTheSavedArgumentIsOverwritten) {
    for (const std::string_view meanwhile : {
             "48 89 74 24 08",              // mov %rsi,0x8(%rsp)
             "48 c7 44 24 0c 00 00 00 00",  // movq $0x0,0xc(%rsp)
             "c6 44 24 0f 00",              // movb $0x0,0xf(%rsp)
             "48 89 74 cc 08",              // mov %rsi,0x8(%rsp,%rcx,8)
         })
        EXPECT_FALSE(returns_where_saved(kSave, meanwhile, kRestore)) << meanwhile;
    EXPECT_FALSE(returns_where_saved(kSave, kNothing, "48 8b 4c 24 10")) << "another word";
    EXPECT_FALSE(returns_where_saved("48 89 7c 24 f8", kNothing, "48 8b 4c 24 f8"))
        << "below the stack pointer, where the call writes";
}

// push %rbp; what it is set to; sub $0x20,%rsp; mov %rdi,-0x8(%rbp); call *%rax; mov -0x8(%rbp),%rcx;
// test %rax,%rax; je; mov %rax,(%rdx); add $0x20,%rsp; pop %rbp; ret
Result<std::vector<CallReturn>> returns_where_saved_by_rbp(std::string_view set) {
    return sites_after_calls(traced({"55", set, "48 83 ec 20", "48 89 7d f8", "ff d0", "48 8b 4d f8",
                                     "48 85 c0", "74 03", "48 89 02", "48 83 c4 20", "5d", "c3"}),
                             any_inner_call, Argument0::kNeeded);
}

TEST(SitesAfterCalls, KnowTheFrameByItsPointer) {
    const auto returns = returns_where_saved_by_rbp("48 89 e5");  // mov %rsp,%rbp
    ASSERT_TRUE(returns) << returns.error().message();
    ASSERT_EQ(returns->size(), 1u);
    EXPECT_THAT(returns->front().argument0, ElementsAre(Register::kRcx));
    EXPECT_FALSE(returns_where_saved_by_rbp("48 89 d5")) << "mov %rdx,%rbp: an object, not the frame";
}

TEST(SitesAfterCalls, AreRefusedWithoutAnInnerCall) {
    EXPECT_EQ(
        refusal({
            "f3 0f 1e fa",  // 1000 endbr64
            "53",           // 1004 push %rbx
            "48 89 fb",     // 1005 mov %rdi,%rbx
            "5b",           // 1008 pop %rbx
            "c3",           // 1009 ret
        }),
        "choose the sites after inner calls of the function at 0x1000: it makes no inner call that returns");
}

}  // namespace
}  // namespace flowtap::call_sites_test
