// SPDX-License-Identifier: Apache-2.0
#include "elf/elf_file.h"

#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "code/function/function_code.h"
#include "compiled.h"

namespace flowtap::elf_file_test {
namespace {

using testing::HasSubstr;

ElfFile opened(const std::string& path) {
    auto file = ElfFile::open(path);
    EXPECT_TRUE(file) << file.error().message();
    if (!file) std::abort();
    return *std::move(file);
}

class ElfFileTest : public Compiled {};

constexpr const char* kProgram = R"(
#include <stdio.h>
__attribute__((noinline)) int twice(int x) { return 2 * x; }
static int thrice(int x) { return 3 * x; }
int (*const operations[])(int) = {twice, thrice};
int (*writable)(int) = twice;
int main(int count, char** arguments) { puts("x"); return operations[count & 1](count) + writable(count); }
)";

TEST_F(ElfFileTest, FindsFunctionsAndObjectsWithOrWithoutPie) {
    for (const std::string flags : {"-O1 -fPIE -pie", "-O1 -fno-pie -no-pie"}) {
        const ElfFile file = opened(build(kProgram, "c", flags));
        const auto function = file.find_symbol("twice");
        ASSERT_TRUE(function.has_value()) << flags;
        EXPECT_GT(function->size, 0u);
        EXPECT_TRUE(file.is_executable_address(function->address));
        EXPECT_EQ(file.symbol_at(function->address), "twice");
        EXPECT_EQ(file.symbol_at(function->address + 1), "");
        const auto object = file.find_symbol("operations");
        ASSERT_TRUE(object.has_value()) << flags;
        EXPECT_FALSE(file.is_executable_address(object->address));
        EXPECT_FALSE(file.find_symbol("puts").has_value()) << "it is not defined here";
        EXPECT_FALSE(file.find_function("operations")) << "it is no function";
    }
}

TEST_F(ElfFileTest, ReadsPointersAsTheLoaderLeavesThem) {
    for (const std::string flags : {"-O1 -fPIE -pie", "-O1 -fno-pie -no-pie", "-O1 -fPIC -shared",
                                    "-O1 -fPIE -pie -Wl,-z,pack-relative-relocs"}) {
        const ElfFile file = opened(build(kProgram, "c", flags));
        const auto table = file.find_symbol("operations");
        ASSERT_TRUE(table.has_value());
        EXPECT_EQ(file.pointer_at(table->address), file.find_symbol("twice")->address) << flags;
        EXPECT_EQ(file.pointer_at(table->address + 8), file.find_symbol("thrice")->address) << flags;
        EXPECT_EQ(file.pointer_at(file.find_symbol("writable")->address), file.find_symbol("twice")->address)
            << flags;
        EXPECT_EQ(file.pointer_at(0x7fff00000000), std::nullopt);
    }
}

TEST_F(ElfFileTest, ResolvesPltStubs) {
    const std::string flags = "-O1 -fPIC -shared -fplt -Wl,-z,lazy";
    for (const std::string more : {" -fcf-protection=none", " -fcf-protection=full"}) {
        const ElfFile file = opened(build(R"(
            #include <stdio.h>
            __attribute__((noinline)) int mine(int x) { return puts("mine") + x; }
            int caller(int x) { return mine(x) + puts("x") + 1; }
        )",
                                          "c", flags + more));
        const auto function = FunctionCode::trace(file, file.find_symbol("caller")->address);
        ASSERT_TRUE(function);
        std::vector<std::string> names;
        for (const auto& [address, node] : function->nodes()) {
            if (node.instruction.flow != Flow::kCall) continue;
            const uint64_t target = node.instruction.target.value_or(0);
            names.push_back(file.call_target_name(target));
            const auto reached = file.resolve_call(target);
            EXPECT_EQ(reached, names.back() == "mine" ? file.find_symbol("mine")->address : target);
        }
        EXPECT_THAT(names, testing::ElementsAre("mine", "puts")) << more;
        EXPECT_EQ(file.call_target_name(file.find_symbol("mine")->address), "");
        EXPECT_EQ(file.resolve_call(0), std::nullopt);
    }
}

TEST_F(ElfFileTest, FindsCxxFunctionsByTheirNameWithoutParameters) {
    const ElfFile file = opened(build(R"(
        namespace engine {
        struct Graph {};
        int run_node(Graph&) { return 1; }
        int overloaded(int) { return 2; }
        int overloaded(long) { return 3; }
        namespace { __attribute__((noinline, used)) int hidden(int) { return 4; } }
        template <typename T> int made(T) { return 5; }
        template int made<int>(int);
        struct Callable { int operator()(int); };
        int Callable::operator()(int) { return 6; }
        }
        int main() { return 0; }
    )",
                                      "cpp", "-O0"));
    const auto function = file.find_function("engine::run_node");
    ASSERT_TRUE(function) << function.error().message();
    EXPECT_EQ(function->name, "_ZN6engine8run_nodeERNS_5GraphE");
    EXPECT_TRUE(file.find_function("_ZN6engine8run_nodeERNS_5GraphE"));
    EXPECT_TRUE(file.find_function("engine::(anonymous namespace)::hidden"));
    EXPECT_TRUE(file.find_function("engine::made<int>"));
    EXPECT_TRUE(file.find_function("engine::Callable::operator()"));
    EXPECT_FALSE(file.find_function("run_node"));
    const auto ambiguous = file.find_function("engine::overloaded");
    ASSERT_FALSE(ambiguous);
    EXPECT_THAT(ambiguous.error().cause,
                testing::MatchesRegex("2 functions match: _ZN6engine10overloadedEi at 0x[0-9a-f]+ "
                                      "_ZN6engine10overloadedEl at 0x[0-9a-f]+"));
    EXPECT_EQ(ambiguous.error().kind, Error::Kind::kNoTarget);
}

TEST_F(ElfFileTest, SaysThatAStrippedFileIsStripped) {
    const auto refusal = [](const ElfFile& file, const char* function) {
        const auto found = file.find_function(function);
        return found ? "found" : found.error().message();
    };
    const ElfFile exporting = opened(build(kProgram, "c", "-O1 -s -rdynamic"));
    EXPECT_EQ(refusal(exporting, "thrice"),
              "find function thrice in " + exporting.path() +
                  ": not among the exported symbols, and the file is stripped of others");
    const ElfFile bare = opened(build("void _start(void) {}", "c", "-O1 -s -static -nostdlib"));
    EXPECT_EQ(refusal(bare, "_start"),
              "find function _start in " + bare.path() + ": the file has no symbols at all (stripped)");
    const ElfFile full = opened(build(kProgram, "c", "-O1"));
    EXPECT_EQ(refusal(full, "absent"), "find function absent in " + full.path() + ": no such symbol");
}

TEST_F(ElfFileTest, FindsVersionedNames) {
    const ElfFile file = opened(build(R"(
        __asm__(".symver first, shared@@V1");
        int first(void) { return 1; }
    )",
                                      "c", "-O1 -fPIC -shared -Wl,--version-script=" + [this] {
                                          write_file(directory_.file("map"), {'V', '1', ' ', '{', '}', ';'});
                                          return directory_.file("map");
                                      }()));
    EXPECT_TRUE(file.find_symbol("shared").has_value());
    EXPECT_TRUE(file.find_function("shared"));
}

TEST_F(ElfFileTest, MapsAddressesToTheFileAndBack) {
    const std::string path = build(kProgram, "c", "-O1 -fPIE -pie");
    const ElfFile file = opened(path);
    const uint64_t address = file.find_symbol("twice")->address;
    const auto offset = file.file_offset(address);
    ASSERT_TRUE(offset.has_value());
    std::array<std::byte, 8> code{};
    ASSERT_EQ(file.read(address, code), code.size());
    const std::vector<char> whole = contents_of(path);
    EXPECT_EQ(std::memcmp(whole.data() + *offset, code.data(), code.size()), 0);
    const uint64_t page = *offset & ~uint64_t{4095};
    constexpr uint64_t kMapped = 0x7f1234560000;
    const auto bias = file.load_bias(kMapped, page);
    ASSERT_TRUE(bias.has_value());
    EXPECT_EQ(*bias + address, kMapped + (*offset - page));
    EXPECT_EQ(file.load_bias(kMapped, 1 << 30), std::nullopt);
    EXPECT_EQ(file.file_offset(file.find_symbol("operations")->address), std::nullopt);
}

TEST_F(ElfFileTest, ReadsTheBuildId) {
    EXPECT_EQ(opened(build(kProgram, "c", "-Wl,--build-id=0x0123abcd")).build_id(), "0123abcd");
    EXPECT_EQ(opened(build(kProgram, "c", "-Wl,--build-id=none")).build_id(), "");
}

TEST_F(ElfFileTest, KnowsTheFateOfWellKnownCalls) {
    const ElfFile file = opened(build(R"(
        #include <stdlib.h>
        int checked(int x) { if (x > 7) abort(); return x; }
    )",
                                      "c", "-O1 -fPIC -shared"));
    const auto function = FunctionCode::trace(file, file.find_symbol("checked")->address);
    ASSERT_TRUE(function);
    int fatal = 0;
    for (const auto& [address, node] : function->nodes()) fatal += node.fatal ? 1 : 0;
    EXPECT_EQ(fatal, 1);
}

TEST_F(ElfFileTest, SeesCatchBlocksAndColdPartsInAStrippedFile) {
    const ElfFile file = opened(build(R"(
        __attribute__((noinline, cold)) void rare(int x) { __asm__ volatile("" ::"r"(x)); }
        __attribute__((noinline)) void may_throw(int x) { if (x == 3) throw 7; }
        extern "C" int guarded(int x) {
            try { may_throw(x); } catch (int value) { return value; }
            if (__builtin_expect(x == 5, 0)) { rare(x); rare(x + 1); return 9; }
            return x;
        }
    )",
                                      "cpp", "-O2 -fPIC -shared -s"));
    const uint64_t entry = file.find_symbol("guarded")->address;
    const auto function = FunctionCode::trace(file, entry);
    ASSERT_TRUE(function);
    bool has_pad = false;
    bool has_cold_part = false;
    for (const auto& [address, node] : function->nodes()) {
        has_pad |= node.landing_pad;
        has_cold_part |= !file.piece_of(entry)->contains(address);
    }
    EXPECT_TRUE(has_pad);
    EXPECT_TRUE(has_cold_part);
    EXPECT_TRUE(function->tail_calls().empty());
}

}  // namespace
}  // namespace flowtap::elf_file_test
