// SPDX-License-Identifier: Apache-2.0
#include "python/build_traits.h"

#include <gmock/gmock.h>

#include "tests/unit/elf/compiled.h"
#include "tests/unit/process/fake_memory.h"
#include "tests/unit/python/fake_objects.h"

namespace flowtap::build_traits_test {

namespace {

using testing::HasSubstr;

constexpr std::uint64_t kNone = 0x1000;
constexpr std::uint64_t kNoneType = 0x2000;
constexpr std::uint64_t kTypeType = 0x3000;
constexpr std::uint64_t kName = 0x4000;

// None, its type and that one's, with so many bytes before each object's count of references and type.
class ObjectsOfABuild : public testing::Test {
protected:
    ObjectsOfABuild() {
        layout.bpf.none = kNone;
        for (const std::uint64_t address : {kNone, kNoneType, kTypeType, kName}) memory.map(address, 512);
    }
    void build(std::uint64_t before) {
        memory.put(kNone + before + layout.object_type, kNoneType);
        memory.put(kNoneType + before + layout.object_type, kTypeType);
        memory.put(kNoneType + before + layout.bpf.type_name, kName);
        memory.put_bytes(kName, "NoneType", 9);
    }
    std::string checked() {
        const auto done = check_objects(memory, layout, kTypeType);
        return done ? "" : done.error().message();
    }

    FakeMemory memory;
    PythonLayout layout = *layout_of_minor(12);
};

TEST_F(ObjectsOfABuild, AreThoseOfAnOrdinaryOne) {
    build(0);
    EXPECT_EQ(checked(), "");
}

// Py_TRACE_REFS: _ob_next and _ob_prev stand before ob_refcnt.
TEST_F(ObjectsOfABuild, ThatTracesReferencesAreRefused) {
    build(16);
    EXPECT_THAT(checked(), HasSubstr("not laid out as in an ordinary build"));
    EXPECT_THAT(checked(), HasSubstr("trace references"));
}

TEST_F(ObjectsOfABuild, MayHaveNoReadableType) {
    memory.put<std::uint64_t>(kNone + 8, 0xdead0000);
    EXPECT_THAT(checked(), HasSubstr("None has no type"));
}

TEST_F(ObjectsOfABuild, MayHaveATypeThatIsNone) {
    build(0);
    memory.put(kNoneType + 8, kNone);
    EXPECT_THAT(checked(), HasSubstr("the type of None is not a type"));
}

TEST_F(ObjectsOfABuild, MayHaveATypeOfAnotherName) {
    build(0);
    memory.put_bytes(kName, "NotImpl", 8);
    EXPECT_THAT(checked(), HasSubstr("the type of None has another name"));
    memory.put<std::uint64_t>(kNoneType + layout.bpf.type_name, 1);
    EXPECT_THAT(checked(), HasSubstr("the type of None has another name"));
}

constexpr std::uint64_t kInterpreterAddress = 0x10000;

// An interpreter whose module sys has one name, for an object of one type.
class TracesReferences : public testing::Test {
protected:
    bool with(const std::string& name, const std::string& type_name) {
        const std::uint64_t type = fake.add(0, 512);
        const std::uint64_t text = fake.add(0, ObjectReader::kMaxTypeName);
        fake.memory.put_bytes(text, type_name.c_str(), type_name.size() + 1);
        fake.memory.put(type + fake.layout.bpf.type_name, text);
        const std::uint64_t names = fake.add_dict(fake.add_keys(fake.add_str(name), fake.add(type, 16)));
        const std::uint64_t sys = fake.add(FakeObjects::kPlainType, 64);
        fake.memory.map(sys - 24, 24);
        fake.memory.put(sys - 24, names);
        interpreter = fake.add(0, fake.layout.interpreter_modules + 8);
        fake.memory.put(interpreter + fake.layout.interpreter_modules,
                        fake.add_dict(fake.add_keys(fake.add_str("sys"), sys)));
        return traces_references(fake.memory, fake.layout, interpreter);
    }

    FakeObjects fake;
    std::uint64_t interpreter = 0;
};

TEST_F(TracesReferences, WhereSysHasAFunctionForAllObjects) {
    EXPECT_TRUE(with("getobjects", "builtin_function_or_method"));
}

TEST_F(TracesReferences, NotWhereItHasNone) {
    EXPECT_FALSE(with("getrefcount", "builtin_function_or_method"));
    EXPECT_FALSE(traces_references(fake.memory, fake.layout, 0xdead0000));
}

TEST_F(TracesReferences, NotWhereTheProgramPutSomethingOfThatNameThere) {
    EXPECT_FALSE(with("getobjects", "function"));
}

class UnusualTraits : public Compiled {
protected:
    UnusualTraits() { memory.map(kInterpreterAddress, 256 << 10); }
    // Of a program that defines this symbol.
    std::vector<std::string> of(const std::string& symbol) {
        return of_source("void " + symbol + "(void){}int main(){return 0;}", "");
    }
    std::vector<std::string> of_source(const std::string& source, const std::string& flags) {
        const auto elf = ElfFile::open(build(source, "c", flags));
        EXPECT_TRUE(elf);
        return elf ? unusual_traits(*elf, memory, kInterpreterAddress, layout) : std::vector<std::string>();
    }

    FakeMemory memory;
    PythonLayout layout = *layout_of_minor(14);
};

TEST_F(UnusualTraits, AreNoneOfMostBuilds) { EXPECT_THAT(of("something"), testing::IsEmpty()); }

TEST_F(UnusualTraits, NameAJitThatIsOn) {
    memory.put<std::uint8_t>(kInterpreterAddress + layout.interpreter_jit, 1);
    EXPECT_THAT(of("something"), testing::ElementsAre("JIT on"));
}

TEST_F(UnusualTraits, SayWhenAJitMayBeOn) {
    memory.put<std::uint8_t>(kInterpreterAddress + layout.interpreter_jit, 77);
    EXPECT_THAT(of("something"), testing::ElementsAre("with a JIT; whether it is on is not known"));
    layout.interpreter_jit = 0;
    EXPECT_THAT(of("_PyJIT_Compile"), testing::ElementsAre("with a JIT; whether it is on is not known"));
    EXPECT_THAT(of("something"), testing::IsEmpty());
}

TEST_F(UnusualTraits, NameHandlersThatCallOneAnother) {
    EXPECT_THAT(of("_TAIL_CALL_RESUME"), testing::ElementsAre("tail-call interpreter"));
}

// Evaluators in the three shapes of CPython's, in small. All but what is exported is stripped.
constexpr const char* kStripped = "-O2 -rdynamic -s";
constexpr const char* kHandlers = R"(
    #define HANDLER(n) static long on_##n(const unsigned char *code, long sum);
    HANDLER(0) HANDLER(1) HANDLER(2) HANDLER(3)
    typedef long (*handler)(const unsigned char *, long);
    static handler table[4] = {on_0, on_1, on_2, on_3};
    #define NEXT return table[*code & 3](code + 1, sum)
    static long on_0(const unsigned char *code, long sum) { sum += 1; NEXT; }
    static long on_1(const unsigned char *code, long sum) { sum ^= 2; NEXT; }
    static long on_2(const unsigned char *code, long sum) { sum *= 3; NEXT; }
    static long on_3(const unsigned char *code, long sum) { (void)code; return sum; }
    __attribute__((noinline)) static long start(const unsigned char *code, long sum) { NEXT; }
    long _PyEval_EvalFrameDefault(const unsigned char *code) { return start(code, 0) + 1; }
    int main(int count, char **words) {
        table[count & 3] = on_2;
        return (int)_PyEval_EvalFrameDefault((const unsigned char *)words[0]);
    })";
constexpr const char* kComputedGoto = R"(
    long _PyEval_EvalFrameDefault(const unsigned char *code) {
        static const void *const table[4] = {&&on_0, &&on_1, &&on_2, &&on_3};
        long sum = 0;
        goto *table[*code & 3];
        on_0: sum += 1; goto *table[*++code & 3];
        on_1: sum ^= 2; goto *table[*++code & 3];
        on_2: sum *= 3; goto *table[*++code & 3];
        on_3: return sum;
    }
    int main(int count, char **words) {
        return count + (int)_PyEval_EvalFrameDefault((const unsigned char *)words[0]);
    })";

TEST_F(UnusualTraits, KnowAStrippedEvaluatorWithoutHandlersOfItsOwn) {
    EXPECT_THAT(of_source(kHandlers, kStripped),
                testing::ElementsAre(HasSubstr("probably a tail-call interpreter")));
}

// As link-time optimisation renames them.
TEST_F(UnusualTraits, KnowHandlersWhoseNamesGoOn) {
    const std::string source = std::string(R"(
        static long start(const unsigned char *, long) __asm__("_TAIL_CALL_start_frame.llvm.13459467");)") +
                               kHandlers;
    EXPECT_THAT(of_source(source, "-O2 -rdynamic"), testing::ElementsAre("tail-call interpreter"));
}

TEST_F(UnusualTraits, AreNoneOfAnEvaluatorThatJumpsToItsHandlers) {
    EXPECT_THAT(of_source(kComputedGoto, kStripped), testing::IsEmpty());
}

// What cannot be followed to its end says nothing.
constexpr const char* kUnreadable = R"(
    __asm__(".globl _PyEval_EvalFrameDefault\n"
            ".type _PyEval_EvalFrameDefault, @function\n"
            "_PyEval_EvalFrameDefault: .byte 0x06, 0x06\n"
            ".size _PyEval_EvalFrameDefault, 2\n");
    int main(void) { return 0; })";

TEST_F(UnusualTraits, AreNoneOfAnEvaluatorThatCannotBeRead) {
    EXPECT_THAT(of_source(kUnreadable, kStripped), testing::IsEmpty());
}

}  // namespace

}  // namespace flowtap::build_traits_test
