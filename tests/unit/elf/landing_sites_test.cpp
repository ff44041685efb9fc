// SPDX-License-Identifier: Apache-2.0
#include "sites/landing_sites.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "code_bytes.h"
#include "compiled.h"

namespace flowtap::landing_sites_test {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr ValuePlace in(Register base, std::int16_t addend = 0) { return {.base = base, .addend = addend}; }

// The end of _Unwind_Resume(), as GCC 12 compiles it.
CodeBytes eh_return(std::string_view hook) {
    CodeBytes code{
        "55",              // 1000 push %rbp
        "48 89 e5",        // 1001 mov %rsp,%rbp
        "50",              // 1004 push %rax
        "48 83 ec 18",     // 1005 sub $0x18,%rsp
        "e8 f2 7f 00 00",  // 1009 call 9000
        "f3 48 0f 1e ca",  // 100e rdsspq %rdx
        "48 85 d2",        // 1013 test %rdx,%rdx
        "74 01",           // 1016 je 1019
        "90",              // 1018 nop
        "48 89 c1",        // 1019 mov %rax,%rcx
        "48 8b 45 f8",     // 101c mov -0x8(%rbp),%rax
        "48 8d 4c 0d 08",  // 1020 lea 0x8(%rbp,%rcx,1),%rcx
        "48 8b 6d 00",     // 1025 mov 0x0(%rbp),%rbp
        "48 89 cc",        // 1029 mov %rcx,%rsp
        "59",              // 102c pop %rcx
        "ff e1",           // 102d jmp *%rcx
    };
    code.put(kCallee, {hook});
    return code;
}

TEST(LibgccLandings, AreSeenWhereTheDebuggerHookIsCalled) {
    const auto sites = libgcc_landings(eh_return("c3"), kCodeStart);
    ASSERT_THAT(sites, SizeIs(1));
    EXPECT_EQ(sites[0].site.address, 0x1009u);
    EXPECT_EQ(sites[0].site.cost, SiteCost::kEmulated);
    EXPECT_EQ(sites[0].site.reason, "the unwinder's call of its debugger hook");
    EXPECT_EQ(sites[0].stack_pointer, in(Register::kRdi));
    EXPECT_EQ(sites[0].exception, (ValuePlace{.base = Register::kRbp, .in_memory = true, .offset = -8}));
}

TEST(LibgccLandings, AreSeenAtTheMoveWhereTheLastCallIsNoHook) {
    const auto sites = libgcc_landings(eh_return("50"), kCodeStart);
    ASSERT_THAT(sites, SizeIs(1));
    EXPECT_EQ(sites[0].site.address, 0x1029u);
    EXPECT_EQ(sites[0].site.cost, SiteCost::kSingleStep);
    EXPECT_EQ(sites[0].site.reason, "the unwinder's change of the stack");
    EXPECT_EQ(sites[0].stack_pointer, in(Register::kRcx, 8));
    EXPECT_EQ(sites[0].exception, in(Register::kRax));
}

TEST(LibgccLandings, AreNotEpilogues) {
    EXPECT_THAT(libgcc_landings(
                    CodeBytes{
                        "55",        // push %rbp
                        "48 89 e5",  // mov %rsp,%rbp
                        "48 89 ec",  // mov %rbp,%rsp
                        "5d",        // pop %rbp
                        "c3",        // ret
                    },
                    kCodeStart),
                IsEmpty());
}

TEST(LongjmpLandings, AreInWhatItCalls) {
    CodeBytes code{
        "53",              // 1000 push %rbx
        "e8 fa 7f 00 00",  // 1001 call 9000
    };
    code.put(kCallee, {
                          "4c 8b 47 30",  // 9000 mov 0x30(%rdi),%r8
                          "89 f0",        // 9004 mov %esi,%eax
                          "4c 89 c4",     // 9006 mov %r8,%rsp
                          "4c 89 cd",     // 9009 mov %r9,%rbp
                          "ff e2",        // 900c jmp *%rdx
                      });
    const auto sites = longjmp_landings(code, kCodeStart);
    ASSERT_THAT(sites, SizeIs(1));
    EXPECT_EQ(sites[0].site.address, 0x9006u);
    EXPECT_EQ(sites[0].site.reason, "longjmp's change of the stack");
    EXPECT_EQ(sites[0].stack_pointer, in(Register::kR8));
}

// musl
TEST(LongjmpLandings, MayTakeTheStackPointerFromTheBuffer) {
    const auto sites = longjmp_landings(
        CodeBytes{
            "48 8b 67 30",  // mov 0x30(%rdi),%rsp
            "ff 67 38",     // jmp *0x38(%rdi)
        },
        kCodeStart);
    ASSERT_THAT(sites, SizeIs(1));
    EXPECT_EQ(sites[0].stack_pointer,
              (ValuePlace{.base = Register::kRdi, .in_memory = true, .offset = 0x30}));
}

class BuiltLandings : public Compiled {};

TEST_F(BuiltLandings, AreFoundInAStaticProgram) {
    const auto elf =
        ElfFile::open(build("#include <setjmp.h>\njmp_buf out; int main(int count, char**) { if (count > 1) "
                            "longjmp(out, 1); throw 1; }",
                            "cpp", "-static -O2"));
    ASSERT_TRUE(elf) << elf.error().message();
    for (const char* name :
         {"_Unwind_RaiseException", "_Unwind_Resume", "_Unwind_Resume_or_Rethrow", "_Unwind_ForcedUnwind"}) {
        const auto symbol = elf->find_symbol(name);
        ASSERT_TRUE(symbol) << name;
        EXPECT_THAT(libgcc_landings(*elf, symbol->address), SizeIs(1)) << name;
    }
    const auto jump = elf->find_symbol("longjmp");
    ASSERT_TRUE(jump);
    EXPECT_THAT(longjmp_landings(*elf, jump->address), SizeIs(1));
    EXPECT_TRUE(elf->has_landing_pads());
}

TEST_F(BuiltLandings, OfLlvmAreFoundByTheirBytes) {
    const auto elf = ElfFile::open(build(R"(
        .text
        .globl main
        main:
        ret
        mov 0x38(%rdi), %rsp
        pop %rdi
        pop %rcx
        jmp *%rcx
        mov 0x38(%rdi), %rsp
        pop %rdi
        ret
        mov 0x38(%rdi), %rsp
        pop %rdi
        nop
        .section .note.GNU-stack
    )",
                                         "s", "-pie"));
    ASSERT_TRUE(elf) << elf.error().message();
    const auto sites = libunwind_landings(*elf);
    ASSERT_THAT(sites, SizeIs(2));
    EXPECT_EQ(sites[0].stack_pointer,
              (ValuePlace{.base = Register::kRdi, .in_memory = true, .offset = 0x38, .addend = 16}));
    EXPECT_EQ(sites[0].exception, in(Register::kRax));
}

}  // namespace
}  // namespace flowtap::landing_sites_test
