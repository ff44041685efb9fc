// SPDX-License-Identifier: Apache-2.0
#include "code/comparisons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiled.h"

namespace flowtap::comparisons_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Comparisons : public Compiled {
protected:
    // Of main, whose body is given, with a function called callee: distances of what was found from main.
    std::vector<std::uint64_t> in_main(const std::string& body, const std::string& flags) {
        const auto elf = ElfFile::open(build(R"(
            .text
            .globl callee
            .type callee, @function
            callee: ret
            .globl main
            .type main, @function
            main:
            .cfi_startproc
            )" + body + R"(
            ret
            .cfi_endproc
            .section .note.GNU-stack
        )",
                                             "s", flags));
        EXPECT_TRUE(elf);
        std::vector<std::uint64_t> found;
        if (!elf) return found;
        for (const std::uint64_t address : comparisons_with(*elf, elf->find_function("callee")->address))
            found.push_back(address - elf->find_function("main")->address);
        return found;
    }
};

TEST_F(Comparisons, AreFoundWithAnImmediateAddress) {
    EXPECT_THAT(in_main("cmp $callee, %rax\n cmp $callee, %rbx\n cmp $callee, %r12", "-no-pie"),
                ElementsAre(0, 6, 13));
}

TEST_F(Comparisons, AreFoundWithAnAddressLoadedJustBefore) {
    EXPECT_THAT(in_main("lea callee(%rip), %rcx\n cmp %rcx, %rax", "-pie"), ElementsAre(7));
    EXPECT_THAT(in_main("lea callee(%rip), %r10\n mov %rdi, %rsi\n cmp %rax, %r10", "-pie"), ElementsAre(10));
    EXPECT_THAT(in_main("lea callee(%rip), %rcx\n cmp %rcx, %rax", "-no-pie"), ElementsAre(7));
}

TEST_F(Comparisons, AreNotLoadsThatAreStoredOrPassedOn) {
    EXPECT_THAT(in_main("lea callee(%rip), %rcx\n mov %rcx, 0x28(%rax)\n ret", "-pie"), IsEmpty());
    EXPECT_THAT(in_main("lea callee(%rip), %rdi\n call callee\n cmp %rdi, %rax", "-pie"), IsEmpty());
    EXPECT_THAT(in_main("lea callee(%rip), %rcx\n mov %rdx, %rcx\n cmp %rcx, %rax", "-pie"), IsEmpty());
    EXPECT_THAT(in_main("lea callee(%rip), %rcx\n cmp %rdx, %rax", "-pie"), IsEmpty());
}

TEST_F(Comparisons, AreIgnoredWithOtherAddresses) {
    EXPECT_THAT(in_main("lea main(%rip), %rcx\n cmp %rcx, %rax\n", "-pie"), IsEmpty());
    EXPECT_THAT(in_main("cmp $main, %rax", "-no-pie"), IsEmpty());
}

TEST_F(Comparisons, AreNoBytesInsideAnotherInstruction) {
    // movabs, whose immediate is "cmp $callee, %rax" and two bytes more.
    EXPECT_THAT(in_main(".byte 0x48, 0xb8, 0x48, 0x3d\n .long callee\n .byte 0, 0", "-no-pie"), IsEmpty());
}

}  // namespace
}  // namespace flowtap::comparisons_test
