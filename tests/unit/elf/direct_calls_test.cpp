// SPDX-License-Identifier: Apache-2.0
#include "code/direct_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "code/function/function_code.h"
#include "compiled.h"

namespace flowtap::direct_calls_test {
namespace {

using testing::ElementsAreArray;
using testing::IsEmpty;

class DirectCallsTest : public Compiled {
protected:
    // Addresses of the calls in a function that reach another one, by decoding it.
    static std::set<std::uint64_t> calls_in(const ElfFile& elf, const std::string& caller,
                                            std::uint64_t callee) {
        std::set<std::uint64_t> calls;
        const auto function = FunctionCode::trace(elf, elf.find_function(caller)->address);
        for (const auto& [address, node] : function->nodes()) {
            const Instruction& instruction = node.instruction;
            if (instruction.flow == Flow::kCall && elf.resolve_call(instruction.target.value_or(0)) == callee)
                calls.insert(address);
        }
        return calls;
    }
};

constexpr const char* kCallers = R"(
__attribute__((noinline)) int callee(int x) { __asm__ volatile(""); return x * 3; }
__attribute__((noinline)) int other(int x) { __asm__ volatile(""); return x * 5; }
int twice(int x) { return callee(x) + callee(x + 1); }
int once(int x) { return callee(x) - other(x); }
int tail(int x) { return callee(x); }
int (*pointer)(int) = callee;
int indirect(int x) { return pointer(x) + 1; }
int main(int count, char **arguments) { return twice(count) + once(count) + tail(count) + indirect(count); }
)";

TEST_F(DirectCallsTest, AreFoundInEveryFunctionAndNowhereElse) {
    for (const std::string flags : {"-O2 -fPIE -pie", "-O2 -fno-pie -no-pie"}) {
        const auto elf = ElfFile::open(build(kCallers, "c", flags + " -fno-inline -fno-ipa-icf"));
        ASSERT_TRUE(elf);
        const std::uint64_t callee = elf->find_function("callee")->address;
        std::set<std::uint64_t> expected = calls_in(*elf, "twice", callee);
        EXPECT_EQ(expected.size(), 2u) << flags;
        expected.merge(calls_in(*elf, "once", callee));
        EXPECT_EQ(expected.size(), 3u) << flags;
        EXPECT_THAT(direct_calls_of(*elf, callee), ElementsAreArray(expected)) << flags;
    }
}

TEST_F(DirectCallsTest, AreFoundThroughAPltStub) {
    const auto elf = ElfFile::open(build(kCallers, "c", "-O2 -fPIC -shared -fplt -Wl,-z,lazy -fno-inline"));
    ASSERT_TRUE(elf);
    const std::uint64_t callee = elf->find_function("callee")->address;
    std::set<std::uint64_t> expected = calls_in(*elf, "twice", callee);
    expected.merge(calls_in(*elf, "once", callee));
    EXPECT_EQ(expected.size(), 3u);
    EXPECT_THAT(direct_calls_of(*elf, callee), ElementsAreArray(expected));
}

TEST_F(DirectCallsTest, OfAFunctionNobodyCallsAreNone) {
    const auto elf = ElfFile::open(build(kCallers, "c", "-O2 -fPIE -pie"));
    ASSERT_TRUE(elf);
    EXPECT_THAT(direct_calls_of(*elf, elf->find_function("indirect")->address + 1), IsEmpty());
    EXPECT_THAT(direct_calls_of(*elf, 0x7fff00000000), IsEmpty());
}

TEST_F(DirectCallsTest, AreNoBytesInsideAnotherInstruction) {
    const auto elf = ElfFile::open(build(R"(
        .text
        .globl callee
        .type callee, @function
        callee: ret
        .globl main
        .type main, @function
        main:
        .cfi_startproc
        .byte 0xb8, 0x90, 0x90, 0x90, 0xe8    # mov $0xe8909090, %eax, then as data of the next one ...
        .byte 0x48, 0xb8, 0xe8                # ... movabs, whose immediate begins with "call callee"
        .long callee - (. + 4)
        .byte 0, 0, 0
        call callee
        ret
        .cfi_endproc
        .section .note.GNU-stack
    )",
                                         "s", "-no-pie"));
    ASSERT_TRUE(elf);
    const std::uint64_t main = elf->find_function("main")->address;
    EXPECT_THAT(direct_calls_of(*elf, elf->find_function("callee")->address),
                testing::ElementsAre(main + 15));
}

// The file is read in pieces: some of these calls lie across the border of two.
TEST_F(DirectCallsTest, AreFoundOnceEachInALargeFile) {
    constexpr std::size_t kCalls = 50'000;
    const auto elf = ElfFile::open(build(R"(
        .text
        .globl callee
        .type callee, @function
        callee: ret
        .globl main
        .type main, @function
        main:
        .cfi_startproc
        .rept 50000
        call callee
        .endr
        ret
        .cfi_endproc
        .section .note.GNU-stack
    )",
                                         "s", "-no-pie"));
    ASSERT_TRUE(elf);
    const std::vector<std::uint64_t> calls = direct_calls_of(*elf, elf->find_function("callee")->address);
    const std::uint64_t first = elf->find_function("main")->address;
    ASSERT_EQ(calls.size(), kCalls);
    for (std::size_t i = 0; i < kCalls; i++) ASSERT_EQ(calls[i], first + 5 * i);
}

TEST_F(DirectCallsTest, JumpsIntoARangeAreFound) {
    const auto elf = ElfFile::open(build(R"(
        .text
        .globl main
        .type main, @function
        main:
        .cfi_startproc
        jmp first                    # at 0
        je second                    # at 2
        {disp32} jne second          # at 4
        {disp32} jmp second          # at 10
        mov $0x00eb, %eax            # at 15, jmp first inside
        first: nop                   # at 20
        second: nop                  # at 21
        ret
        .cfi_endproc
        .section .note.GNU-stack
    )",
                                         "s", "-no-pie"));
    ASSERT_TRUE(elf);
    const std::uint64_t main = elf->find_function("main")->address;
    EXPECT_THAT(jumps_into(*elf, {main + 20, main + 21}), testing::ElementsAre(main));
    EXPECT_THAT(jumps_into(*elf, {main + 21, main + 22}),
                testing::ElementsAre(main + 2, main + 4, main + 10));
    EXPECT_THAT(jumps_into(*elf, {main + 22, main + 23}), IsEmpty());
}

}  // namespace
}  // namespace flowtap::direct_calls_test
