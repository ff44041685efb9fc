// SPDX-License-Identifier: Apache-2.0
#include "code/values/callee_pointer.h"

#include <gtest/gtest.h>

#include "code_bytes.h"

namespace flowtap::callee_pointer_test {
namespace {

constexpr int kDestructor = 0x30;
constexpr FieldOfField kCallOfType{0x8, 0x80};

bool is_known(const CodeBytes& code, uint64_t call) {
    const FunctionCode function = traced(code);
    return calls_fixed_or_field(code, function, function.at(call)->instruction, kDestructor, kCallOfType);
}

// method_vectorcall as clang links it with link-time optimisation: an allocator, the callee's vectorcall, and
// a destructor behind a hook are called.
TEST(CalleePointer, TellsHooksAndDestructorsFromAFunctionsOwnCallee) {
    const CodeBytes code = {
        "53",                    // 1000 push %rbx
        "ff 15 00 01 00 00",     // 1001 call *0x100(%rip)
        "48 8b 47 38",           // 1007 mov 0x38(%rdi),%rax
        "48 8b 04 07",           // 100b mov (%rdi,%rax,1),%rax
        "ff d0",                 // 100f call *%rax
        "48 8b 40 08",           // 1011 mov 0x8(%rax),%rax
        "48 8b 58 30",           // 1015 mov 0x30(%rax),%rbx
        "48 8b 05 00 01 00 00",  // 1019 mov 0x100(%rip),%rax
        "48 85 c0",              // 1020 test %rax,%rax
        "74 02",                 // 1023 je 1027
        "ff d0",                 // 1025 call *%rax
        "ff d3",                 // 1027 call *%rbx
        "5b",                    // 1029 pop %rbx
        "c3",                    // 102a ret
    };
    EXPECT_TRUE(is_known(code, 0x1001)) << "an allocator";
    EXPECT_FALSE(is_known(code, 0x100f)) << "the vectorcall";
    EXPECT_TRUE(is_known(code, 0x1025)) << "a hook";
    EXPECT_TRUE(is_known(code, 0x1027)) << "a destructor, kept across the hook's call";
}

// _Py_DECREF of 3.13 as clang compiles it: _PyRuntime.ref_tracer.tracer_func.
TEST(CalleePointer, MayBeAFieldOfAVariable) {
    const CodeBytes code = {
        "48 8d 0d 00 01 00 00",  // 1000 lea 0x100(%rip),%rcx
        "48 8b 81 60 28 00 00",  // 1007 mov 0x2860(%rcx),%rax
        "ff d0",                 // 100e call *%rax
        "b9 00 00 40 00",        // 1010 mov $0x400000,%ecx
        "ff 51 18",              // 1015 call *0x18(%rcx)
        "c3",                    // 1018 ret
    };
    EXPECT_TRUE(is_known(code, 0x100e)) << "loaded first";
    EXPECT_TRUE(is_known(code, 0x1015)) << "called in place";
}

// interp->eval_frame (PEP 523): the interpreter's state is no variable of the file.
TEST(CalleePointer, IsNotKnownWhereAVariableOnlyPointsToIt) {
    const CodeBytes code = {
        "48 8b 05 00 01 00 00",  // 1000 mov 0x100(%rip),%rax
        "48 8b 80 18 21 00 00",  // 1007 mov 0x2118(%rax),%rax
        "ff d0",                 // 100e call *%rax
        "c3",                    // 1010 ret
    };
    EXPECT_FALSE(is_known(code, 0x100e));
}

// _PyObject_MakeTpCall, inlined: nothing with a vectorcall slot of its own is called so.
TEST(CalleePointer, MayBeAFieldOfAFieldOnly) {
    const CodeBytes code = {
        "48 8b 47 08",           // 1000 mov 0x8(%rdi),%rax
        "4c 8b a8 80 00 00 00",  // 1004 mov 0x80(%rax),%r13
        "41 ff d5",              // 100b call *%r13
        "ff 96 80 00 00 00",     // 100e call *0x80(%rsi)
        "c3",                    // 1014 ret
    };
    EXPECT_TRUE(is_known(code, 0x100b));
    EXPECT_FALSE(is_known(code, 0x100e)) << "a field of something else";
}

TEST(CalleePointer, IsFollowedThroughAFrame) {
    const CodeBytes code = {
        "55",           // 1000 push %rbp
        "48 89 e5",     // 1001 mov %rsp,%rbp
        "48 8b 47 30",  // 1004 mov 0x30(%rdi),%rax
        "48 89 45 b0",  // 1008 mov %rax,-0x50(%rbp)
        "ff 55 b0",     // 100c call *-0x50(%rbp)
        "48 89 75 a8",  // 100f mov %rsi,-0x58(%rbp)
        "ff 55 a8",     // 1013 call *-0x58(%rbp)
        "5d",           // 1016 pop %rbp
        "c3",           // 1017 ret
    };
    EXPECT_TRUE(is_known(code, 0x100c));
    EXPECT_FALSE(is_known(code, 0x1013)) << "what the argument points to";
}

TEST(CalleePointer, IsFollowedThroughThePlaceOnTheStackItWasKeptIn) {
    const CodeBytes code = {
        "48 83 ec 10",     // 1000 sub $0x10,%rsp
        "48 8b 47 30",     // 1004 mov 0x30(%rdi),%rax
        "48 89 44 24 08",  // 1008 mov %rax,0x8(%rsp)
        "53",              // 100d push %rbx
        "48 89 74 24 08",  // 100e mov %rsi,0x8(%rsp)
        "ff 54 24 10",     // 1013 call *0x10(%rsp)
        "ff 54 24 08",     // 1017 call *0x8(%rsp)
        "5b",              // 101b pop %rbx
        "48 83 c4 10",     // 101c add $0x10,%rsp
        "c3",              // 1020 ret
    };
    EXPECT_TRUE(is_known(code, 0x1013)) << "kept before the push";
    EXPECT_FALSE(is_known(code, 0x1017)) << "the same displacement, another place";
}

TEST(CalleePointer, IsFollowedThroughCopies) {
    const CodeBytes code = {
        "48 8b 47 30",  // 1000 mov 0x30(%rdi),%rax
        "48 89 c1",     // 1004 mov %rax,%rcx
        "ff d1",        // 1007 call *%rcx
        "c3",           // 1009 ret
    };
    EXPECT_TRUE(is_known(code, 0x1007));
}

TEST(CalleePointer, IsNotKnownWhereOneWaySetsItOtherwise) {
    const CodeBytes code = {
        "48 8b 47 30",  // 1000 mov 0x30(%rdi),%rax
        "85 f6",        // 1004 test %esi,%esi
        "74 04",        // 1006 je 100c
        "48 8b 47 28",  // 1008 mov 0x28(%rdi),%rax
        "ff d0",        // 100c call *%rax
        "c3",           // 100e ret
    };
    EXPECT_FALSE(is_known(code, 0x100c));
}

TEST(CalleePointer, IsNotKnownWhereItIsAnArgumentOrAResult) {
    EXPECT_FALSE(is_known({"ff d7", "c3"}, 0x1000)) << "call *%rdi";
    EXPECT_FALSE(is_known({"e8 fb 7f 00 00", "ff d0", "c3"}, 0x1005)) << "what a call gave";
    EXPECT_FALSE(is_known({"ff 57 28", "c3"}, 0x1000)) << "call *0x28(%rdi)";
    EXPECT_TRUE(is_known({"ff 57 30", "c3"}, 0x1000)) << "call *0x30(%rdi)";
}

}  // namespace
}  // namespace flowtap::callee_pointer_test
