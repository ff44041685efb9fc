// SPDX-License-Identifier: Apache-2.0
#include "discovery/pattern.h"

#include <gtest/gtest.h>

namespace flowtap::pattern_test {
namespace {

bool found(const std::string& pattern, std::string_view text) {
    const Result<Pattern> compiled = Pattern::compile(pattern);
    EXPECT_TRUE(compiled) << compiled.error().message();
    return compiled && compiled->found_in(text);
}

TEST(Pattern, IsLookedForAnywhereInAText) {
    EXPECT_TRUE(found("b+", "abc"));
    EXPECT_FALSE(found("^b", "abc"));
    EXPECT_TRUE(found("größe", "python größe.py"));
    EXPECT_TRUE(found("engine", "\xff engine"));
}

// Each of these takes a backtracking matcher longer than the age of the universe.
TEST(Pattern, NoTextMakesOneSlow) {
    const std::string many(16 << 10, 'a');
    for (const char* pattern : {"zz(a+)+b$", "(a*)*b", "(a|aa)+$b", "(.*)*x", "(a|b|ab)*d"})
        EXPECT_FALSE(found(pattern, "zz" + many + "c ")) << pattern;
}

std::string cause_of(const std::string& pattern) {
    const Result<Pattern> compiled = Pattern::compile(pattern);
    if (compiled) return "none";
    EXPECT_EQ(compiled.error().kind, Error::Kind::kUsage);
    EXPECT_EQ(compiled.error().subject, pattern);
    EXPECT_EQ(compiled.error().remedy,
              "give a regular expression in RE2's syntax, which has no look-around and no backreferences");
    return compiled.error().cause;
}

TEST(Pattern, ABadOneIsRefusedWithThePlace) {
    EXPECT_EQ(cause_of("ab(c"), "missing ): ab(c at its end");
    EXPECT_EQ(cause_of("a[b"), "missing ]: [b at its end");
    EXPECT_EQ(cause_of("a)b"), "unexpected ): a)b at character 2");
    EXPECT_EQ(cause_of("abc(?!d)e"), "invalid perl operator: (?! at character 4");
    EXPECT_EQ(cause_of("größe \\1"), "invalid escape sequence: \\1 at character 7");
    EXPECT_EQ(cause_of("[**]a**"), "bad repetition operator: ** at character 6");
    EXPECT_EQ(cause_of("x[z-a]y"), "invalid character class range: z-a at character 3");
    EXPECT_EQ(cause_of("((a{100}){100}){100}"), "invalid repetition size: {100} at character 10");
    EXPECT_EQ(cause_of("a\\"), "trailing \\ at its end");
    EXPECT_EQ(cause_of("a\xff"), "invalid UTF-8");
    EXPECT_EQ(cause_of(std::string(2000, 'a')), "longer than 1024 bytes");
}

}  // namespace
}  // namespace flowtap::pattern_test
