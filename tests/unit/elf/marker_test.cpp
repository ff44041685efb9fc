// SPDX-License-Identifier: Apache-2.0
#include "elf/marker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiled.h"
#include "elf/elf_file.h"

namespace flowtap::marker_test {
namespace {

using Kind = MarkerArgument::Kind;

MarkerArgument argument(std::string_view text, std::size_t number = 0) {
    const auto found = marker_argument(text, number);
    EXPECT_TRUE(found) << text;
    return found.value_or(MarkerArgument{});
}

TEST(MarkerArguments, AreRegistersOfAnyWidth) {
    const MarkerArgument wide = argument("8@%rdi");
    EXPECT_EQ(wide.kind, Kind::kRegister);
    EXPECT_EQ(wide.base, 7);
    EXPECT_EQ(wide.size, 8u);
    EXPECT_FALSE(wide.is_signed);
    const MarkerArgument narrow = argument("-4@%r10d -2@%cx 1@%ah", 0);
    EXPECT_EQ(narrow.base, 10);
    EXPECT_TRUE(narrow.is_signed);
    EXPECT_EQ(argument("-4@%r10d -2@%cx 1@%ah", 1).base, 1);
    EXPECT_TRUE(argument("-4@%r10d -2@%cx 1@%ah", 2).second_byte);
}

TEST(MarkerArguments, AreConstants) {
    EXPECT_EQ(argument("-4@$-5").offset, -5);
    EXPECT_EQ(argument("8@$0x10").offset, 16);
    EXPECT_EQ(argument("8@$18446744073709551615").offset, -1);
}

TEST(MarkerArguments, AreInMemory) {
    const MarkerArgument local = argument("-4@-8(%rbp)");
    EXPECT_EQ(local.kind, Kind::kMemory);
    EXPECT_EQ(local.base, 5);
    EXPECT_EQ(local.offset, -8);
    EXPECT_EQ(argument("8@(%rax)").offset, 0);
    const MarkerArgument element = argument("8@16(%rax,%rcx,8)");
    EXPECT_EQ(element.base, 0);
    EXPECT_EQ(element.index, 1);
    EXPECT_EQ(element.scale, 3);
    EXPECT_EQ(argument("8@(%rax,%rcx)").scale, 0);
}

TEST(MarkerArguments, AreAtSymbols) {
    const MarkerArgument plain = argument("4@counter(%rip)");
    EXPECT_EQ(plain.kind, Kind::kSymbol);
    EXPECT_EQ(plain.symbol, "counter");
    EXPECT_EQ(argument("4@counter+8(%rip)").offset, 8);
    EXPECT_EQ(argument("4@8+counter(%rip)").symbol, "counter");
    EXPECT_EQ(argument("4@counter-8(%rip)").offset, -8);
    EXPECT_EQ(argument("4@counter").symbol, "counter");
}

TEST(MarkerArguments, ThatAreNotUnderstoodAreNone) {
    for (const char* text : {"",
                             "8@",
                             "@",
                             "8@%",
                             "8@%xmm0",
                             "8f@%xmm0",
                             "3@%rax",
                             "16@%rax",
                             "8@(%rax",
                             "8@()",
                             "8@(%rax,%rcx,3)",
                             "8@$x",
                             "8@%fs:0",
                             "99999999999999999999@%rax",
                             "8@(,,)",
                             "-9223372036854775808@%rax",
                             "8@(%rax,)",
                             "8@table(,%rcx,8)",
                             "8@+(%rip)",
                             "8@8(%rip)"})
        EXPECT_FALSE(marker_argument(text, 0)) << text;
    EXPECT_FALSE(marker_argument("8@%rax 8@%rbx", 2));
}

class MarkersOf : public Compiled {};

constexpr const char* kNote = R"(
    .text
    .globl main
    main: nop
    .Lmarker: nop
    ret
    .data
    .globl listeners
    listeners: .short 0
    .section .stapsdt.base,"aG","progbits",.stapsdt.base,comdat
    .weak _.stapsdt.base
    _.stapsdt.base: .space 1
    .section .note.stapsdt,"","note"
    .balign 4
    .long 8, .Lend - .Lstart, 3
    .asciz "stapsdt"
    .Lstart:
    .quad .Lmarker, _.stapsdt.base, listeners
    .asciz "engine"
    .asciz "begin"
    .asciz "8@%rdi -4@%esi"
    .Lend:
    .balign 4
    .long 8, 4, 3
    .asciz "stapsdt"
    .long 0
    .section .note.GNU-stack
)";

TEST_F(MarkersOf, ANoteAreFound) {
    const std::string file = build(kNote, "s", "-no-pie");
    const auto elf = ElfFile::open(file);
    ASSERT_TRUE(elf);
    ASSERT_EQ(elf->markers().size(), 1u) << "the second note is cut short";
    const Marker& marker = elf->markers()[0];
    EXPECT_EQ(marker.provider, "engine");
    EXPECT_EQ(marker.name, "begin");
    EXPECT_EQ(marker.arguments, "8@%rdi -4@%esi");
    EXPECT_EQ(marker.address,
              elf->find_symbol("main") ? elf->find_symbol("main")->address + 1 : marker.address);
    EXPECT_TRUE(elf->is_executable_address(marker.address));
    EXPECT_TRUE(elf->data_offset(marker.semaphore));
    EXPECT_FALSE(elf->data_offset(marker.address)) << "code";
}

TEST_F(MarkersOf, StrippedFilesAreFound) {
    const std::string file = build(kNote, "s", "-no-pie -s");
    const auto elf = ElfFile::open(file);
    ASSERT_TRUE(elf);
    EXPECT_EQ(elf->markers().size(), 1u);
}

}  // namespace
}  // namespace flowtap::marker_test
