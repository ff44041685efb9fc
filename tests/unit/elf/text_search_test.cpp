// SPDX-License-Identifier: Apache-2.0
#include "code/text_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiled.h"

namespace flowtap::text_search_test {
namespace {

using testing::ElementsAre;

constexpr const char* kStores = R"(
        .text
        .globl main
        .type main, @function
        main:
        .cfi_startproc
        movb $4, -5(%rbx)
        movb $4, -5(%r13)
        movb $4, -5(%r12)
        mov $0x4fb43c6, %eax        # c6 43 fb 04 inside
        movabs $0x4fb43c641, %rax   # 41 c6 43 fb 04 inside
        movb $3, -5(%rbx)
        movl $-1, 0x24(%rax)
        movl $-1, 0x24(%r12)
        movq $-1, 0x24(%rax)        # a wider store
        movb $4, -6(%rbx)
        lea main(%rip), %rdi
        mov $0x3d8d48, %eax         # 48 8d 3d inside
        .byte 0xb8, 0xbf, 0x78, 0x56, 0x34
        mov $0x12345678, %edi
        ret
        .cfi_endproc
        .byte 0xc6, 0x43, 0xfb, 0x04  # no function
        .section .note.GNU-stack
)";

class TextSearchTest : public Compiled {};

TEST_F(TextSearchTest, FindsByteStoresThatAreInstructions) {
    const auto elf = ElfFile::open(build(kStores, "s", "-no-pie"));
    ASSERT_TRUE(elf);
    const std::uint64_t main = elf->find_function("main")->address;
    EXPECT_THAT(byte_stores_in_text(*elf, -5, 4),
                ElementsAre(ByteStore{main, Register::kRbx, 4}, ByteStore{main + 4, Register::kR13, 4},
                            ByteStore{main + 9, Register::kR12, 4}));
}

TEST_F(TextSearchTest, FindsStoresOfWords) {
    const auto elf = ElfFile::open(build(kStores, "s", "-no-pie"));
    ASSERT_TRUE(elf);
    const std::uint64_t first = byte_stores_in_text(*elf, -5, 3).front().address + 4;
    EXPECT_THAT(word_stores_in_text(*elf, 0x24, -1),
                ElementsAre(WordStore{first, Register::kRax}, WordStore{first + 7, Register::kR12}));
}

TEST_F(TextSearchTest, FindsLoadsOfAnArgumentThatAreInstructions) {
    const auto elf = ElfFile::open(build(kStores, "s", "-no-pie"));
    ASSERT_TRUE(elf);
    const std::uint64_t main = elf->find_function("main")->address;
    const auto is_wanted = [&](const AddressLoad& load) {
        return load.address == main || (load.address & 0xffffff) == 0x345678;
    };
    const std::vector<AddressLoad> loads = argument0_loads_in_text(*elf, is_wanted);
    ASSERT_EQ(loads.size(), 2u);
    EXPECT_EQ(loads[0].address, main);
    EXPECT_EQ(loads[1].address, 0x12345678u);
}

}  // namespace
}  // namespace flowtap::text_search_test
