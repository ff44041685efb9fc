// SPDX-License-Identifier: Apache-2.0
// Which calls in a function that looks like method_vectorcall run the method, as compilers arrange them.
#include "plan/python/probes/bound_methods.h"

#include <gtest/gtest.h>

#include "tests/unit/elf/compiled.h"

namespace flowtap::bound_methods_test {
namespace {

// A profile-guided build's: the slot's content is compared with what Python functions have there. All but the
// evaluator and the names asked for is stripped, as only what is exported keeps its name.
constexpr const char* kProfileGuided = R"(
    typedef long (*call)(long *, long);
    #define HIDDEN __attribute__((noinline, noclone)) static long
    volatile long memory;
    __attribute__((noinline)) long _PyEval_EvalFrameDefault(long *frame, long flags) {
        memory = flags;
        return frame[0];
    }
    HIDDEN no_memory(long *function, long flags) { memory = 1; return flags; }
    HIDDEN make_call(long *function, long flags) { return ((call)function[3])(function, flags) + 1; }
    HIDDEN vector(long *function, long flags) {
        if (function[1]) return ((call)function[1])(function, flags);
        return _PyEval_EvalFrameDefault(function, flags);
    }
    HIDDEN function_vectorcall(long *function, long flags) { return vector(function, flags & 1); }
    #define CALLER(name, callee) long name(long *function, long flags) { return callee(function, flags) + 1; }
    CALLER(calls_vector, vector)
    CALLER(calls_function_vectorcall, function_vectorcall)
    CALLER(calls_evaluator, _PyEval_EvalFrameDefault)
    CALLER(calls_no_memory, no_memory)
    CALLER(calls_make_call, make_call)
    CALLER(calls_slot, ((call)function[2]))
    int main(int count, char **words) {
        long *function = (long *)words;
        return (int)(calls_vector(function, count) + calls_function_vectorcall(function, count) +
                     calls_evaluator(function, count) + calls_no_memory(function, count) +
                     calls_make_call(function, count) + calls_slot(function, count));
    })";

class MethodCalls : public Compiled {
protected:
    // Of the only call in a function; nullopt where there is none, or another one beside it.
    static std::optional<bool> evaluates(const ElfFile& elf, const std::string& caller) {
        const auto function = elf.find_function(caller);
        const auto code = function ? FunctionCode::trace(elf, function->address) : Error{};
        std::vector<Instruction> calls;
        if (!code) return std::nullopt;
        for (const auto& [address, node] : code->nodes())
            if (node.instruction.is_call()) calls.push_back(node.instruction);
        return calls.size() == 1 ? std::optional(evaluates_frame(elf, calls.front())) : std::nullopt;
    }
};

TEST_F(MethodCalls, EvaluateAFrameWhereTheyLeadToTheEvaluatorByJumps) {
    for (const std::string flags : {"-fno-pie -no-pie", "-fPIE -pie", "-fPIC -shared -fvisibility=default"}) {
        const auto elf = ElfFile::open(build(kProfileGuided, "c", "-O2 -fno-ipa-cp -rdynamic -s " + flags));
        ASSERT_TRUE(elf) << elf.error().message();
        EXPECT_EQ(evaluates(*elf, "calls_vector"), true) << flags;
        EXPECT_EQ(evaluates(*elf, "calls_function_vectorcall"), true) << flags;
        EXPECT_EQ(evaluates(*elf, "calls_evaluator"), true) << flags;
    }
}

TEST_F(MethodCalls, EvaluateNoFrameWhereTheyLeadElsewhere) {
    const auto elf = ElfFile::open(build(kProfileGuided, "c", "-O2 -fno-ipa-cp -rdynamic -s -fPIE -pie"));
    ASSERT_TRUE(elf) << elf.error().message();
    EXPECT_EQ(evaluates(*elf, "calls_no_memory"), false);
    EXPECT_EQ(evaluates(*elf, "calls_make_call"), false);
    EXPECT_EQ(evaluates(*elf, "calls_slot"), false) << "what the slot holds is not known";
}

}  // namespace
}  // namespace flowtap::bound_methods_test
