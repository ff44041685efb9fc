// SPDX-License-Identifier: Apache-2.0
#include "code/function/function_code.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "code_bytes.h"
#include "sites/site.h"

namespace flowtap::function_code_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(FunctionCode, FollowsAJumpTableOfOffsets) {
    const FunctionCode function = traced({
        "83 ff 02",              // 1000 cmp $0x2,%edi
        "77 22",                 // 1003 ja 1027
        "48 8d 15 1e 00 00 00",  // 1005 lea 0x1e(%rip),%rdx
        "48 63 04 ba",           // 100c movslq (%rdx,%rdi,4),%rax
        "48 01 d0",              // 1010 add %rdx,%rax
        "ff e0",                 // 1013 jmp *%rax
        "b8 01 00 00 00",        // 1015 mov $0x1,%eax
        "c3",                    // 101a ret
        "b8 02 00 00 00",        // 101b mov $0x2,%eax
        "c3",                    // 1020 ret
        "b8 03 00 00 00",        // 1021 mov $0x3,%eax
        "c3",                    // 1026 ret
        "31 c0",                 // 1027 xor %eax,%eax
        "c3",                    // 1029 ret
        "eb ff ff ff",           // 102a .long 1015 - 102a
        "f1 ff ff ff",           // 102e .long 101b - 102a
        "f7 ff ff ff",           // 1032 .long 1021 - 102a
    });
    EXPECT_THAT(function.unresolved_jumps(), IsEmpty());
    EXPECT_THAT(function.at(0x1013)->successors, ElementsAre(0x1015, 0x101b, 0x1021));
    EXPECT_THAT(function.at(0x1021)->predecessors, ElementsAre(0x1013));
}

TEST(FunctionCode, FollowsAJumpTableOfAddresses) {
    const FunctionCode function = traced({
        "83 ff 01",                 // 1000 cmp $0x1,%edi
        "77 13",                    // 1003 ja 1018
        "ff 24 fd 1b 10 00 00",     // 1005 jmp *0x101b(,%rdi,8)
        "b8 01 00 00 00",           // 100c mov $0x1,%eax
        "c3",                       // 1011 ret
        "b8 02 00 00 00",           // 1012 mov $0x2,%eax
        "c3",                       // 1017 ret
        "31 c0",                    // 1018 xor %eax,%eax
        "c3",                       // 101a ret
        "0c 10 00 00 00 00 00 00",  // 101b .quad 100c
        "12 10 00 00 00 00 00 00",  // 1023 .quad 1012
    });
    EXPECT_THAT(function.unresolved_jumps(), IsEmpty());
    EXPECT_THAT(function.at(0x1005)->successors, ElementsAre(0x100c, 0x1012));
}

TEST(FunctionCode, DoesNotTakeAnIndirectJumpWithAMovedStackForATailCall) {
    const FunctionCode function = traced({
        "53",     // 1000 push %rbx
        "ff e0",  // 1001 jmp *%rax
    });
    EXPECT_THAT(function.unresolved_jumps(), ElementsAre(0x1001));
    EXPECT_THAT(function.tail_calls(), IsEmpty());
}

TEST(FunctionCode, FollowsAColdPartFarAway) {
    CodeBytes code{"48 85 ff",           // 1000 test %rdi,%rdi
                   "0f 84 f7 00 00 00",  // 1003 je 1100
                   "c3"};                // 1009 ret
    code.put(0x1100, {"31 c0",           // 1100 xor %eax,%eax
                      "c3"});            // 1102 ret
    code.piece(0x1000, 0x100a).piece(0x1100, 0x1103);
    const FunctionCode function = traced(code);
    EXPECT_NE(function.at(0x1102), nullptr);
    EXPECT_THAT(function.tail_calls(), IsEmpty());
}

TEST(FunctionCode, FollowsAJumpIntoTheMiddleOfAPieceThoughASymbolIsThere) {
    CodeBytes code{
        "b8 01 00 00 00",  // 1000 mov $0x1,%eax
        "48 85 ff",        // 1005 test %rdi,%rdi
        "74 02",           // 1008 je 100c
        "eb 01",           // 100a jmp 100d
        "90",              // 100c nop
        "c3",              // 100d ret
    };
    code.piece(0x1000, 0x100e).function_at(0x100c);
    EXPECT_THAT(traced(code).tail_calls(), IsEmpty());
}

TEST(FunctionCode, EndsWhereACallIsFollowedByAnotherFunction) {
    CodeBytes code{
        "53",              // 1000 push %rbx
        "e8 fa 7f 00 00",  // 1001 call 9000
        "53",              // 1006 push %rbx
        "c3",              // 1007 ret
    };
    code.function_at(0x1006);
    const FunctionCode function = traced(code);
    EXPECT_EQ(function.nodes().size(), 2u);
    EXPECT_THAT(function.at(0x1001)->successors, IsEmpty());
}

TEST(FunctionCode, IncludesWhatOnlyTheUnwinderReaches) {
    CodeBytes code{
        "53",              // 1000 push %rbx
        "e8 fa 7f 00 00",  // 1001 call 9000
        "5b",              // 1006 pop %rbx
        "c3",              // 1007 ret
        "31 c0",           // 1008 xor %eax,%eax
        "eb fa",           // 100a jmp 1006
    };
    code.piece(0x1000, 0x100c).landing_pad(0x1008);
    const FunctionCode function = traced(code);
    ASSERT_NE(function.at(0x1008), nullptr);
    EXPECT_TRUE(function.at(0x1008)->landing_pad);
    EXPECT_THAT(function.at(0x1006)->predecessors, ElementsAre(0x1001, 0x100a));
}

TEST(FunctionCode, FollowsTheStackPointerThroughAFramePointer) {
    const FunctionCode function = traced({
        "55",           // 1000 push %rbp
        "48 89 e5",     // 1001 mov %rsp,%rbp
        "53",           // 1004 push %rbx
        "48 29 fc",     // 1005 sub %rdi,%rsp
        "48 83 e4 e0",  // 1008 and $0xffffffffffffffe0,%rsp
        "90",           // 100c nop
        "48 8d 65 f8",  // 100d lea -0x8(%rbp),%rsp
        "5b",           // 1011 pop %rbx
        "c9",           // 1012 leave
        "c3",           // 1013 ret
    });
    EXPECT_EQ(function.at(0x1001)->stack_adjust, 8);
    EXPECT_EQ(function.at(0x1005)->stack_adjust, 16);
    EXPECT_EQ(function.at(0x100c)->stack_adjust, std::nullopt);
    EXPECT_EQ(function.at(0x1011)->stack_adjust, 16);
    EXPECT_EQ(function.at(0x1013)->stack_adjust, 0);
}

std::string refusal(const CodeBytes& code, uint64_t address) {
    const auto function = FunctionCode::trace(code, address);
    return function ? "traced" : function.error().message();
}

TEST(FunctionCode, RefusesCodeWithoutEnd) {
    const CodeBytes code(std::vector<uint8_t>(FunctionCode::kMaxInstructions + 100, 0x90));
    EXPECT_EQ(refusal(code, kCodeStart), "disassemble the function at 0x1000: more than " +
                                             std::to_string(FunctionCode::kMaxInstructions) +
                                             " instructions");
}

TEST(FunctionCode, RefusesAnEntryWithoutCode) {
    const CodeBytes code{"90"};
    EXPECT_EQ(refusal(code, 0x5000), "disassemble the function at 0x5000: no valid instruction there");
    EXPECT_FALSE(FunctionCode::trace(code, UINT64_MAX));
}

// No result to check but that none of it crashes, loops or puts a site outside of the code.
TEST(FunctionCode, SurvivesArbitraryBytes) {
    std::mt19937 random(20260101);
    for (int round = 0; round < 2000; ++round) {
        std::vector<uint8_t> bytes(16 + random() % 200);
        for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
        const CodeBytes code(bytes);
        const auto function = FunctionCode::trace(code, kCodeStart);
        if (!function) continue;
        std::vector<uint64_t> chosen;
        if (const auto site = entry_site(*function, 3)) chosen.push_back(site->address);
        if (const auto exits = return_sites(*function)) {
            for (const Site& site : exits->sites) chosen.push_back(site.address);
        }
        const auto after = sites_after_calls(*function, [](const Instruction&) { return true; });
        for (size_t i = 0; after && i < after->size(); ++i) chosen.push_back((*after)[i].site.address);
        for (const uint64_t address : chosen) EXPECT_NE(function->at(address), nullptr);
    }
}

TEST(FunctionCode, IsRefusedWhereAWayLeadsIntoTheMiddleOfAnInstruction) {
    CodeBytes code = {
        "74 01",           // 1000 je 1003
        "b8 c3 90 90 90",  // 1002 mov $0x909090c3,%eax
        "c3",              // 1007 ret
    };
    EXPECT_TRUE(FunctionCode::trace(code, kCodeStart)) << "without unwinding data nothing speaks against it";
    code.piece(0x1000, 0x1008);
    const auto function = FunctionCode::trace(code, kCodeStart);
    ASSERT_FALSE(function);
    EXPECT_EQ(
        function.error().message(),
        "disassemble the function at 0x1000: it seems to jump into the middle of an instruction, at 0x1003");
}

}  // namespace
}  // namespace flowtap::function_code_test
