// SPDX-License-Identifier: Apache-2.0
#include "dwarf/debug_info.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "elf/elf_file.h"
#include "tests/unit/elf/compiled.h"

namespace flowtap::debug_info_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint8_t kRdi = 7;
constexpr std::uint8_t kRsi = 6;
constexpr std::uint8_t kRdx = 2;
constexpr std::uint8_t kRcx = 1;
constexpr std::uint8_t kR8 = 8;

constexpr const char* kSource = R"(
    #include <memory>
    #include <string>
    #include <string_view>
    #define KEPT __attribute__((noinline, used))
    enum Stage : signed char { kLow = -2, kHigh = 5 };
    typedef const struct Spec SpecAlias;
    struct Spec { int version; union { long number; char code[12]; }; std::string id; Spec* next; unsigned flag : 3; };
    struct Base { virtual ~Base() {} int base_number; };
    struct Pair { const char* text; int number; };
    struct Mixed { double weight; long number; };
    struct Large { long a, b, c; };
    struct Node : Base {
        std::shared_ptr<Spec> spec;
        KEPT Large run(SpecAlias* arg, Stage stage);
    };
    volatile long sink;
    Large Node::run(SpecAlias* arg, Stage stage) { sink = arg->version + stage + base_number; return {1, 2, 3}; }
    KEPT int views(std::string_view text, Pair pair, const std::string& name) {
        sink = text.size() + pair.number + name.size(); return pair.text[0];
    }
    KEPT int floats(float a, Mixed mixed, double b, long last) { sink = a + b + mixed.number + last; return 0; }
    KEPT int many(int a, int b, int c, int d, int e, int f, short seventh, Large large, char* ninth) {
        sink = a + b + c + d + e + f + seventh + large.c + ninth[0]; return 0;
    }
    KEPT int opaque(void* nothing, int (*call)(int)) { sink = call(1); return nothing == nullptr; }
    int main() {
        Spec spec; Node node; Large large{1, 2, 3};
        char text[] = "x";
        return node.run(&spec, kLow).a + views("a", {"b", 1}, "c") + floats(1, {1, 2}, 3, 4) +
               many(1, 2, 3, 4, 5, 6, 7, large, text) + opaque(nullptr, [](int x) { return x; });
    }
)";

// Every way these compilers describe the same functions must lead to the same places.
class DebugValues : public Compiled, public testing::WithParamInterface<const char*> {
protected:
    void SetUp() override {
        Compiled::SetUp();
        if (IsSkipped()) return;
        file_ = build(kSource, "cpp", std::string("-std=c++17 ") + GetParam());
        Result<ElfFile> elf = ElfFile::open(file_);
        ASSERT_TRUE(elf) << elf.error().message();
        elf_.emplace(std::move(*elf));
        Result<DebugInfo> debug = DebugInfo::read(Fd(::open(file_.c_str(), O_RDONLY | O_CLOEXEC)), file_);
        ASSERT_TRUE(debug) << debug.error().message();
        debug_.emplace(std::move(*debug));
    }

    Result<DebugValue> find(const std::string& function, const std::string& parameter,
                            const std::vector<std::string>& members = {}) {
        const auto symbol = elf_->find_function(function);
        if (!symbol) return symbol.error();
        return debug_->find_value(symbol->address, parameter, members, use_);
    }
    DebugValue value(const std::string& function, const std::string& parameter,
                     const std::vector<std::string>& members = {}) {
        Result<DebugValue> found = find(function, parameter, members);
        EXPECT_TRUE(found) << found.error().message();
        return found ? *found : DebugValue{};
    }
    std::string refusal(const std::string& function, const std::string& parameter,
                        const std::vector<std::string>& members = {}) {
        const Result<DebugValue> found = find(function, parameter, members);
        return found ? "found" : found.error().cause;
    }

    std::string file_;
    DebugUse use_ = DebugUse::kId;
    std::optional<ElfFile> elf_;
    std::optional<DebugInfo> debug_;
};

TEST_P(DebugValues, AHiddenResultPointerTakesTheFirstRegister) {
    const DebugValue number = value("Node::run", "this", {"base_number"});
    EXPECT_THAT(number.registers, ElementsAre(kRsi));
    EXPECT_EQ(number.size, 4u);
    EXPECT_TRUE(number.is_signed);
    ASSERT_EQ(number.steps.size(), 2u);
    EXPECT_TRUE(number.steps[0].follow);
    EXPECT_EQ(number.steps[1].move, 8) << "behind the table of virtual functions";
}

TEST_P(DebugValues, AKeyIsANumberOrAnAddress) {
    use_ = DebugUse::kKey;
    const DebugValue self = value("Node::run", "this");
    EXPECT_THAT(self.registers, ElementsAre(kRsi));
    EXPECT_THAT(self.steps, testing::IsEmpty());
    EXPECT_EQ(self.kind, DebugValue::Kind::kNumber);
    EXPECT_EQ(self.size, 8u);
    EXPECT_EQ(value("Node::run", "this", {"base_number"}).size, 4u);
    const DebugValue owned = value("Node::run", "this", {"spec"});
    EXPECT_EQ(owned.size, 8u) << "what the smart pointer holds";
    EXPECT_EQ(owned.steps.size(), 2u);
    EXPECT_EQ(refusal("views", "pair"), "Pair is not a key: name one of its members");
    EXPECT_EQ(refusal("Node::run", "arg", {"next", "code"}),
              "char[12] is not a key: it is neither a number nor an address");
}

TEST_P(DebugValues, MembersAreFoundThroughSmartPointersAndUnions) {
    const DebugValue id = value("Node::run", "this", {"spec", "id"});
    EXPECT_EQ(id.kind, DebugValue::Kind::kSlice);
    EXPECT_EQ(id.type_name, "std::string");
    EXPECT_EQ(id.length_offset, 8u);
    const DebugValue number = value("Node::run", "arg", {"number"});
    EXPECT_THAT(number.registers, ElementsAre(kRdx));
    EXPECT_EQ(number.size, 8u);
    const DebugValue code = value("Node::run", "arg", {"next", "code"});
    EXPECT_EQ(code.kind, DebugValue::Kind::kCharArray);
    EXPECT_EQ(code.size, 12u);
}

TEST_P(DebugValues, EnumeratorsHaveTheirNames) {
    const DebugValue stage = value("Node::run", "stage");
    EXPECT_THAT(stage.registers, ElementsAre(kRcx));
    EXPECT_EQ(stage.size, 1u);
    EXPECT_TRUE(stage.is_signed);
    EXPECT_EQ(stage.enumerators, (std::map<std::int64_t, std::string>{{-2, "kLow"}, {5, "kHigh"}}));
}

TEST_P(DebugValues, SmallStructsAreInTwoRegisters) {
    const DebugValue text = value("views", "text");
    EXPECT_THAT(text.registers, ElementsAre(kRdi, kRsi));
    EXPECT_EQ(text.pointer_offset, 8u);
    EXPECT_EQ(text.length_offset, 0u);
    const DebugValue number = value("views", "pair", {"number"});
    EXPECT_THAT(number.registers, ElementsAre(kRdx, kRcx));
    ASSERT_EQ(number.steps.size(), 1u);
    EXPECT_EQ(number.steps[0].move, 8);
    EXPECT_THAT(value("views", "name").registers, ElementsAre(kR8));
}

TEST_P(DebugValues, FloatingPointTakesNoGeneralRegister) {
    EXPECT_THAT(value("floats", "last").registers, ElementsAre(kRsi));
}

TEST_P(DebugValues, WhatDoesNotFitInRegistersIsOnTheCallersStack) {
    const DebugValue seventh = value("many", "seventh");
    EXPECT_THAT(seventh.registers, IsEmpty());
    EXPECT_EQ(seventh.stack_offset, 8);
    EXPECT_EQ(seventh.size, 2u);
    const DebugValue large = value("many", "large", {"c"});
    EXPECT_EQ(large.stack_offset, 16);
    ASSERT_EQ(large.steps.size(), 1u);
    EXPECT_EQ(large.steps[0].move, 16);
    EXPECT_EQ(value("many", "ninth").stack_offset, 40);
    EXPECT_EQ(value("many", "ninth").kind, DebugValue::Kind::kCString);
}

TEST_P(DebugValues, WhatIsNotThereIsSaidWithWhatIs) {
    EXPECT_THAT(refusal("views", "txet"), HasSubstr("no parameter txet; it has text, pair, name"));
    EXPECT_THAT(refusal("views", "pair", {"numer"}),
                HasSubstr("Pair has no member numer (it has: text, number)"));
    EXPECT_THAT(refusal("views", "pair"), HasSubstr("it is a Pair: name one of its members (text, number)"));
    EXPECT_THAT(refusal("opaque", "nothing"), HasSubstr("pointer to something other than text"));
    EXPECT_THAT(refusal("opaque", "call"), HasSubstr("pointer to something other than text"));
    EXPECT_EQ(
        refusal("floats", "b"),
        "where its parameter b is at entry is not known: its type, or an earlier parameter's, is passed "
        "in an unknown way")
        << "in a vector register";
    EXPECT_THAT(refusal("many", "a", {"x"}), HasSubstr("before .x: int has no members"));
    EXPECT_THAT(refusal("Node::run", "arg", {"flag"}), HasSubstr("no member flag"));
    const Result<DebugValue> elsewhere = debug_->find_value(0x10, "x", {});
    ASSERT_FALSE(elsewhere);
    EXPECT_THAT(elsewhere.error().cause, HasSubstr("does not know this function"));
}

INSTANTIATE_TEST_SUITE_P(Builds, DebugValues,
                         testing::Values("-g -O0", "-g -O2", "-gdwarf-4 -O1", "-g -O2 -fdebug-types-section"),
                         [](const auto& info) { return "Case" + std::to_string(info.index); });

class DebugInfoOf : public Compiled {};

TEST_F(DebugInfoOf, ABinaryWithoutAnyIsRefused) {
    const std::string file = build("int main() { return 0; }", "c", "-g0");
    const auto refusal = [](Fd fd, const std::string& path) {
        const auto debug = DebugInfo::read(std::move(fd), path);
        return debug ? "read" : debug.error().message();
    };
    const auto opened = [](const std::string& path) {
        return Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    };
    EXPECT_EQ(refusal(opened(file), file),
              "read debug information of " + file + ": it has no debug sections, or more than 2 GiB of them");
    EXPECT_EQ(refusal(Fd(), "absent"),
              "read debug information of absent: it has no debug sections, or more than 2 GiB of them");
    const std::string odd = build(".globl main\nmain: ret\n.section .debug_odd\n.byte 1\n", "s", "-nostdlib");
    EXPECT_EQ(refusal(opened(odd), odd),
              "read debug information of " + odd + ": its debug sections are malformed");
}

TEST_F(DebugInfoOf, ABinaryWhoseDebugInformationIsSplitOffIsRefused) {
    const std::string file = build("int run(int x) { return x; } int main() { return run(0); }", "c",
                                   "-g -O0 -gsplit-dwarf -dumpdir " + directory_.file("/"));
    const auto debug = DebugInfo::read(Fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC)), file);
    ASSERT_TRUE(debug) << debug.error().message();
    const auto value = debug->find_value(ElfFile::open(file)->find_symbol("run")->address, "x", {});
    ASSERT_FALSE(value);
    EXPECT_EQ(value.error().message(),
              "read debug information of " + file +
                  ": the debug information is split off (.dwo files), which is not supported");
}

TEST_F(DebugInfoOf, AValueThatIsNoIdSaysWhatItIs) {
    const std::string file = build(R"(
        struct Unknown;
        struct Deep { int x; };
        struct Holder { int numbers[4]; double weight; struct { int a; } part; struct Unknown* unknown; };
        int run(struct Holder* holder, struct Deep ********** deep, void* nothing, int (*call)(int)) {
            return holder->part.a;
        }
        int bare(void) { return 0; }
        int main() { return 0; }
    )",
                                   "c", "-g -O0");
    const auto elf = ElfFile::open(file);
    ASSERT_TRUE(elf);
    const auto debug = DebugInfo::read(Fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC)), file);
    ASSERT_TRUE(debug);
    const auto refusal = [&](const char* function, const char* parameter,
                             const std::vector<std::string>& members) {
        const auto value = debug->find_value(elf->find_symbol(function)->address, parameter, members);
        return value ? "found" : value.error().cause;
    };
    EXPECT_EQ(refusal("bare", "id", {}), "the function has no parameters");
    EXPECT_EQ(refusal("run", "id", {}),
              "the function has no parameter id; it has holder, deep, nothing, call");
    EXPECT_EQ(refusal("run", "holder", {"numbers"}), "it is an array of something other than characters");
    EXPECT_EQ(refusal("run", "holder", {"weight"}),
              "double is not an id: it is neither an integer nor a text");
    EXPECT_EQ(refusal("run", "holder", {"part", "b"}), "an unnamed type has no member b (it has: a)");
    EXPECT_EQ(refusal("run", "holder", {"unknown", "id"}),
              "before .id: Unknown is declared in the debug information, not defined");
    EXPECT_EQ(refusal("run", "deep", {"x"}), "before .x: too many pointers");
    EXPECT_EQ(refusal("run", "nothing", {"x"}), "before .x: its type is void or not known");
    EXPECT_EQ(refusal("run", "call", {"x"}), "before .x: an unnamed type has no members");
}

// Hidden parameters: the function's callers are all known, so its signature is the compiler's to change.
TEST_F(DebugInfoOf, AStaticFunctionSaysWhereItsParametersReallyAre) {
    const std::string file = build(R"(
        volatile long sink;
        __attribute__((noinline)) static int run(int unused, const char* id) { sink = id[0]; return id[1]; }
        int main(int count, char** arguments) { return run(count, arguments[0]) + run(2, arguments[1]); }
    )",
                                   "c", "-g -O2");
    const auto elf = ElfFile::open(file);
    ASSERT_TRUE(elf);
    const auto debug = DebugInfo::read(Fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC)), file);
    ASSERT_TRUE(debug);
    auto symbol = elf->find_symbol("run");
    for (const char* clone : {"run.isra.0", "run.constprop.0"})
        if (!symbol) symbol = elf->find_symbol(clone);
    ASSERT_TRUE(symbol);
    const auto id = debug->find_value(symbol->address, "id", {});
    ASSERT_TRUE(id) << id.error().message();
    EXPECT_EQ(id->registers.size(), 1u);
    const auto unused = debug->find_value(symbol->address, "unused", {});
    if (id->registers[0] == kRdi) {
        ASSERT_FALSE(unused) << "rdi has the other one";
        EXPECT_EQ(unused.error().cause,
                  "where its parameter unused is at entry is not known: it is optimised away, or the "
                  "function's parameters were changed");
    }
}

}  // namespace
}  // namespace flowtap::debug_info_test
