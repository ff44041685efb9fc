// SPDX-License-Identifier: Apache-2.0
#include "code/instruction.h"

#include <gtest/gtest.h>

#include "code_bytes.h"

namespace flowtap::instruction_test {
namespace {

Instruction decoded(std::string_view bytes) {
    const auto instruction = decode_instruction(CodeBytes{bytes}, kCodeStart);
    EXPECT_TRUE(instruction.has_value()) << bytes;
    return instruction.value_or(Instruction{});
}

struct CostCase {
    std::string_view bytes;
    std::string_view text;
    ProbeCost cost;
};

class InstructionCost : public testing::TestWithParam<CostCase> {};

TEST_P(InstructionCost, MatchesTheKernel) {
    EXPECT_EQ(decoded(GetParam().bytes).cost, GetParam().cost) << GetParam().text;
}

constexpr auto kCheap = ProbeCost::kEmulated;
constexpr auto kDear = ProbeCost::kSingleStep;
constexpr auto kNever = ProbeCost::kRefused;

INSTANTIATE_TEST_SUITE_P(
    Uprobes, InstructionCost,
    testing::Values(CostCase{"90", "nop", kCheap}, CostCase{"f3 90", "pause", kCheap},
                    CostCase{"66 90", "nop with prefix 66", kNever},
                    CostCase{"41 90", "xchg %rax,%r8", kNever}, CostCase{"0f 1f 00", "nopl (%rax)", kDear},
                    CostCase{"2e 0f 1f 00", "nop with cs", kNever}, CostCase{"53", "push %rbx", kCheap},
                    CostCase{"41 57", "push %r15", kCheap}, CostCase{"48 53", "push %rbx with rex.w", kDear},
                    CostCase{"66 53", "push %bx", kDear}, CostCase{"ff 30", "push (%rax)", kDear},
                    CostCase{"6a 01", "push $1", kDear}, CostCase{"eb 10", "jmp short", kCheap},
                    CostCase{"e9 10 00 00 00", "jmp", kCheap}, CostCase{"74 10", "je short", kCheap},
                    CostCase{"0f 84 10 00 00 00", "je", kCheap},
                    CostCase{"3e 74 10", "je with a hint", kNever},
                    CostCase{"e8 10 00 00 00", "call", kCheap}, CostCase{"e3 10", "jrcxz", kDear},
                    CostCase{"ff d0", "call *%rax", kDear}, CostCase{"3e ff e0", "notrack jmp *%rax", kNever},
                    CostCase{"c3", "ret", kDear}, CostCase{"5b", "pop %rbx", kDear},
                    CostCase{"f3 0f 1e fa", "endbr64", kDear}, CostCase{"48 89 fb", "mov %rdi,%rbx", kDear},
                    CostCase{"f0 48 ff 00", "lock incq (%rax)", kNever}, CostCase{"cc", "int3", kNever},
                    CostCase{"0f 05", "syscall", kNever},
                    CostCase{"62 f1 7c 48 28 c1", "vmovaps (EVEX)", kNever}));

TEST(Instruction, KnowsTheTargetsOfDirectBranches) {
    EXPECT_EQ(decoded("74 10").target, 0x1012u);
    EXPECT_EQ(decoded("eb fe").target, 0x1000u);
    EXPECT_EQ(decoded("e8 fb 7f 00 00").target, kCallee);
    EXPECT_EQ(decoded("ff d0").target, std::nullopt);
}

TEST(Instruction, CountsPartialAndImpliedWrites) {
    EXPECT_TRUE(decoded("b0 01").writes.contains(Register::kRax)) << "mov $1,%al";
    EXPECT_TRUE(decoded("0f 94 c1").writes.contains(Register::kRcx)) << "sete %cl";
    EXPECT_TRUE(decoded("48 f7 e1").writes.contains(Register::kRdx)) << "mul %rcx";
    EXPECT_TRUE(decoded("48 0f 44 c1").writes.contains(Register::kRax)) << "cmove %rcx,%rax";
    EXPECT_TRUE(decoded("0f 05").writes.contains(Register::kRax)) << "syscall";
    EXPECT_FALSE(decoded("48 85 c0").writes.contains(Register::kRax)) << "test %rax,%rax";
}

TEST(Instruction, ACallKeepsTheCalleeSavedRegistersOnly) {
    const RegisterSet writes = decoded("e8 00 00 00 00").writes;
    for (const Register kept : {Register::kRbx, Register::kRbp, Register::kR12, Register::kR15})
        EXPECT_FALSE(writes.contains(kept));
    for (const Register lost : {Register::kRax, Register::kRdi, Register::kRdx, Register::kR11})
        EXPECT_TRUE(writes.contains(lost));
}

TEST(Instruction, OnlyAWholeRegisterIsACopy) {
    const auto copy = decoded("48 89 fb").copy;
    ASSERT_TRUE(copy.has_value());
    EXPECT_EQ(copy->to, Register::kRbx);
    EXPECT_EQ(copy->from, Register::kRdi);
    EXPECT_FALSE(decoded("89 fb").copy.has_value()) << "mov %edi,%ebx";
}

TEST(Instruction, IsNotDecodedFromACutShortOne) {
    EXPECT_FALSE(decode_instruction(CodeBytes{"48 81 ec 88"}, kCodeStart).has_value());
}

}  // namespace
}  // namespace flowtap::instruction_test
