// SPDX-License-Identifier: Apache-2.0
#include "elf/symbols/rust_symbol.h"

#include <gtest/gtest.h>

#include "elf/symbols/demangle.h"
#include "elf/symbols/wildcard.h"

namespace flowtap::rust_symbol_test {
namespace {

TEST(RustSymbol, LegacyNamesLoseTheirHash) {
    EXPECT_EQ(rust_function_name("_ZN4demo6engine3run17h0123456789abcdefE"), "demo::engine::run");
    EXPECT_EQ(rust_function_name(
                  "_ZN51_$LT$demo..Engine$u20$as$u20$demo..Run$LT$T$GT$$GT$3run17h0123456789abcdefE"),
              "<demo::Engine as demo::Run<T>>::run");
}

TEST(RustSymbol, CxxNamesAreNotRustNames) {
    EXPECT_EQ(rust_function_name("_ZN6engine8Workflow3runEi"), "");
    EXPECT_EQ(rust_function_name("_ZN6engine3runE"), "");
    EXPECT_EQ(demangled_function_name("_ZN6engine8Workflow3runEi"), "engine::Workflow::run");
    EXPECT_EQ(rust_function_name("run_node"), "");
}

TEST(RustSymbol, V0NamesAreRead) {
    EXPECT_EQ(rust_function_name("_RNvCs1234_7mycrate3foo"), "mycrate::foo");
    EXPECT_EQ(rust_function_name("_RNvNtCs1234_4demo6engine3run"), "demo::engine::run");
    EXPECT_EQ(rust_function_name("_RNvMs_Cs1234_4demoNtB4_6Engine3run"), "demo::Engine::run");
    EXPECT_EQ(rust_function_name("_RNvXs_Cs1234_4demoNtB4_6EngineNtB4_3Run3run"),
              "<demo::Engine as demo::Run>::run");
    EXPECT_EQ(rust_function_name("_RINvCs1234_4demo3runlReE"), "demo::run");
    EXPECT_EQ(rust_function_name("_RNCNvCs1234_4demo4main0B3_"), "demo::main::{closure#0}");
    EXPECT_EQ(rust_function_name("_RNvMCs1234_4demoINtB2_6EngineAhj10_E3run"),
              "demo::Engine<[u8; 0x10]>::run");
}

TEST(RustSymbol, HostileV0NamesAreRefused) {
    // Each reference stands for two of the one before: 2^40 names.
    std::string bomb = "_RINvC1a1b";
    std::size_t previous = bomb.size() - 2;
    bomb += "TeeE";
    const auto base62 = [](std::size_t n) {
        constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
        if (n == 0) return std::string("_");
        std::string text;
        for (--n; n > 0 || text.empty(); n /= 62) text.insert(text.begin(), kDigits[n % 62]);
        return text + "_";
    };
    for (int i = 0; i < 40; ++i) {
        const std::size_t here = bomb.size() - 2;
        bomb += "TB" + base62(previous) + "B" + base62(previous) + "E";
        previous = here;
    }
    EXPECT_EQ(rust_function_name(bomb + "E"), "");
    EXPECT_EQ(rust_function_name("_R" + std::string(2000, 'N')), "");
    EXPECT_EQ(rust_function_name("_RNvC99999999999999999999a1b"), "");
    EXPECT_EQ(rust_function_name("_RB_"), "");
    EXPECT_EQ(rust_function_name("_R"), "");
    EXPECT_EQ(rust_function_name("_RNvC1aB_"), "");
}

TEST(Demangled, NamesInsideFunctionsAreNotThoseFunctions) {
    EXPECT_EQ(demangled_function_name("_ZZN6engine8Workflow3runEiENKUlvE0_clEv"),
              "engine::Workflow::run::{lambda()#2}::operator()");
    EXPECT_EQ(demangled_function_name("_ZN12_GLOBAL__N_13runEv"), "(anonymous namespace)::run");
    EXPECT_EQ(demangled_function_name("_ZN6engine3runIiEEiT_"), "engine::run<int>");
}

TEST(Wildcard, StarsStandForAnything) {
    EXPECT_TRUE(matches_wildcard("engine::*::run", "engine::Node::run"));
    EXPECT_TRUE(matches_wildcard("*run*", "run"));
    EXPECT_TRUE(matches_wildcard("a*b*c", "a--b--b-c"));
    EXPECT_FALSE(matches_wildcard("a*b*c", "a--b--b-d"));
    EXPECT_FALSE(matches_wildcard("engine::*", "engine"));
    EXPECT_FALSE(matches_wildcard("run", "run2"));
    EXPECT_TRUE(matches_wildcard("*", ""));
    EXPECT_FALSE(matches_wildcard("", "a"));
}

}  // namespace
}  // namespace flowtap::rust_symbol_test
