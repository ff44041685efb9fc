// SPDX-License-Identifier: Apache-2.0
#include "code/operands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiled.h"

namespace flowtap::operands_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Traced {
    ElfFile elf;

    explicit Traced(const std::string& path) : elf(*ElfFile::open(path)) {}

    std::uint64_t address(const std::string& name) const { return elf.find_function(name)->address; }
    FunctionCode function(const std::string& name) const { return *FunctionCode::trace(elf, address(name)); }
};

constexpr const char* kConstructors = R"(
struct object { long first[5]; void *call; void *other; char state; char rest[7]; long frame[4]; };
int data;
static __attribute__((noinline)) int hidden(int x) { return x + 1; }
static __attribute__((noinline)) int second(int x) { return x + 2; }
void construct(struct object *o) { o->first[0] = 1; o->call = (void *)hidden; o->first[1] = 2; }
void choose(struct object *o, int which) {
    if (which) { o->call = (void *)hidden; data = which; } else { o->call = (void *)second; }
}
void elsewhere(struct object *o) { o->other = (void *)hidden; }
void no_code(struct object *o) { o->call = (void *)&data; }
void no_constant(struct object *o, void *call) { o->call = call; }
void set_state(struct object *o) { o->state = 3; }
void copy_state(struct object *o, char state) { o->state = state; }
long *frame_of(struct object *o) { return o->frame; }
int main(int count, char **arguments) { return hidden(count) + second(count); }
)";
constexpr int kCall = 0x28;
constexpr int kState = 0x38;
constexpr int kFrame = 0x40;

class OperandsTest : public Compiled {};

TEST_F(OperandsTest, FindTheCodeThatAConstructorStores) {
    for (const std::string flags :
         {"-O2 -fPIE -pie", "-O2 -fno-pie -no-pie", "-O0 -fPIE -pie", "-O0 -fno-pie -no-pie"}) {
        const Traced file(build(kConstructors, "c", flags));
        EXPECT_THAT(code_stored_at(file.elf, file.function("construct"), kCall),
                    ElementsAre(file.address("hidden")))
            << flags;
        EXPECT_THAT(code_stored_at(file.elf, file.function("elsewhere"), kCall), IsEmpty()) << flags;
        EXPECT_THAT(code_stored_at(file.elf, file.function("elsewhere"), kCall + 8),
                    ElementsAre(file.address("hidden")))
            << flags;
    }
}

TEST_F(OperandsTest, FindEachOfSeveralStoredFunctionsOnce) {
    const Traced file(build(kConstructors, "c", "-O0 -fPIE -pie"));
    EXPECT_THAT(code_stored_at(file.elf, file.function("choose"), kCall),
                testing::UnorderedElementsAre(file.address("hidden"), file.address("second")));
}

TEST_F(OperandsTest, DoNotTakeDataOrAnArgumentForStoredCode) {
    for (const std::string flags : {"-O2 -fPIE -pie", "-O2 -fno-pie -no-pie"}) {
        const Traced file(build(kConstructors, "c", flags));
        EXPECT_THAT(code_stored_at(file.elf, file.function("no_code"), kCall), IsEmpty()) << flags;
        EXPECT_THAT(code_stored_at(file.elf, file.function("no_constant"), kCall), IsEmpty()) << flags;
    }
}

TEST_F(OperandsTest, TellWhichAddressesAFunctionTakes) {
    for (const std::string flags : {"-O2", "-O0"}) {
        const Traced file(build(kConstructors, "c", flags));
        EXPECT_TRUE(takes_address_at(file.elf, file.function("frame_of"), kFrame)) << flags;
        EXPECT_FALSE(takes_address_at(file.elf, file.function("frame_of"), kFrame + 8)) << flags;
    }
    const Traced file(build(kConstructors, "c", "-O2"));
    EXPECT_FALSE(takes_address_at(file.elf, file.function("set_state"), kState)) << "it only stores there";
}

TEST_F(OperandsTest, TellWhichConstantBytesAFunctionStores) {
    const Traced file(build(kConstructors, "c", "-O2 -fcf-protection=none"));
    const std::vector<ByteStore> stores = byte_stores_at(file.elf, file.function("set_state"), kState);
    ASSERT_EQ(stores.size(), 1u);
    EXPECT_EQ(stores[0].address, file.address("set_state"));
    EXPECT_EQ(stores[0].base, Register::kRdi);
    EXPECT_EQ(stores[0].value, 3);
    EXPECT_THAT(byte_stores_at(file.elf, file.function("set_state"), kState + 1), IsEmpty());
    EXPECT_THAT(byte_stores_at(file.elf, file.function("copy_state"), kState), IsEmpty()) << "no constant";
    EXPECT_THAT(byte_stores_at(file.elf, file.function("construct"), kCall), IsEmpty()) << "no byte";
}

TEST_F(OperandsTest, TakeNoStackSlotThreadVariableOrArrayElementForAField) {
    const Traced file(build(R"(
        .text
        .macro function name:req
        .globl \name
        .type \name, @function
        \name:
        .endm
        function stack
        lea 0x40(%rsp), %rax
        movb $1, 0x40(%rsp)
        ret
        function thread
        movb $1, %fs:0x40
        lea 0x40, %rax
        ret
        function element
        lea 0x40(%rdi,%rsi,8), %rax
        movb $1, 0x40(%rdi,%rsi)
        ret
        function program
        lea 0x40(%rip), %rax
        movb $1, 0x40(%rip)
        ret
        function wide
        movl $1, 0x40(%rdi)
        add $0x40, %edi
        add $0x40, %rsp
        ret
        function field
        lea 0x40(%r12), %rax
        movb $1, 0x40(%r13)
        movb $-3, 0x40(%rax)
        ret
        .globl main
        main: ret
        .section .note.GNU-stack
    )",
                            "s", "-no-pie"));
    for (const char* name : {"stack", "thread", "element", "program", "wide"}) {
        EXPECT_FALSE(takes_address_at(file.elf, file.function(name), 0x40)) << name;
        EXPECT_THAT(byte_stores_at(file.elf, file.function(name), 0x40), IsEmpty()) << name;
    }
    EXPECT_TRUE(takes_address_at(file.elf, file.function("field"), 0x40));
    const std::vector<ByteStore> stores = byte_stores_at(file.elf, file.function("field"), 0x40);
    ASSERT_EQ(stores.size(), 2u);
    EXPECT_EQ(stores[0].base, Register::kR13);
    EXPECT_EQ(stores[0].value, 1);
    EXPECT_EQ(stores[1].base, Register::kRax);
    EXPECT_EQ(stores[1].value, 0xfd) << "-3 as a byte";
    EXPECT_LT(stores[0].address, stores[1].address);
}

TEST_F(OperandsTest, TellWhetherARunStoresAWord) {
    const Traced file(build(R"(
        .text
        .macro function name
        .globl \name
        .type \name, @function
        \name:
        .endm
        function run
        mov 0x48(%rbp), %rax         # at 0
        movl $1, 0x48(%rbp)          # at 4
        mov %rbx, 0x48(%rbp)         # at 11
        ret                          # at 15
        function unreadable
        .byte 0x06
        .globl main
        main: ret
        .section .note.GNU-stack
    )",
                            "s", "-no-pie"));
    const std::uint64_t run = file.elf.find_function("run")->address;
    EXPECT_FALSE(stores_word_in_run(file.elf, {run, run + 11}, 0x48)) << "a load, and half a word";
    EXPECT_TRUE(stores_word_in_run(file.elf, {run, run + 15}, 0x48));
    EXPECT_FALSE(stores_word_in_run(file.elf, {run, run + 15}, 0x40));
    const std::uint64_t unreadable = file.elf.find_function("unreadable")->address;
    EXPECT_TRUE(stores_word_in_run(file.elf, {unreadable, unreadable + 1}, 0x48));
}

}  // namespace
}  // namespace flowtap::operands_test
