// SPDX-License-Identifier: Apache-2.0
// Files nobody meant as a profile, or meant as an attack: one refusal, in bounded time and memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "samples.h"

namespace flowtap::hostile_file_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

class ProfileFile : public ::testing::Test {
protected:
    void SetUp() override {
        auto pattern = (std::filesystem::temp_directory_path() / "flowtap-profile-XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        directory_ = pattern;
        path_ = pattern + "/p.yaml";
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }

    std::vector<std::string> load(std::string_view text) {
        std::ofstream(path_, std::ios::binary) << text;
        return messages(load_profile(path_));
    }

    std::string directory_;
    std::string path_;
};

TEST_F(ProfileFile, IsLoadedFromItsPath) {
    EXPECT_THAT(load(kPython), IsEmpty());
    const auto loaded = load_profile(path_);
    ASSERT_TRUE(std::holds_alternative<Profile>(loaded));
    EXPECT_EQ(std::get<Profile>(loaded).source, path_);
}

TEST_F(ProfileFile, ThatIsMissingIsNamed) {
    EXPECT_THAT(messages(load_profile(path_)),
                ElementsAre("load profile " + path_ +
                            ": No such file or directory (check the path and its permissions)"));
}

TEST_F(ProfileFile, ThatIsADirectoryOrAPipeIsRefusedWithoutWaiting) {
    EXPECT_THAT(messages(load_profile(directory_)), ElementsAre(HasSubstr("is not a regular file")));
    ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
    EXPECT_THAT(messages(load_profile(path_)), ElementsAre(HasSubstr("is not a regular file")));
    EXPECT_THAT(messages(load_profile("/dev/zero")), ElementsAre(HasSubstr("is not a regular file")));
}

TEST_F(ProfileFile, MayHaveOneMebibyteAndNoMore) {
    std::string text(kPython);
    text += "#" + std::string(ProfileLimits::kFileBytes - text.size() - 1, 'x');
    EXPECT_THAT(load(text), IsEmpty());
    EXPECT_THAT(load(text + "x"), ElementsAre("load profile " + path_ +
                                              ": is larger than 1 MiB (check that it is a YAML file)"));
}

TEST_F(ProfileFile, OfBinaryGarbageIsRefusedByItsFirstSuchByte) {
    EXPECT_THAT(load(std::string("profile: p\n\x7f"
                                 "ELF\0\0",
                                 17)),
                ElementsAre("load profile " + path_ +
                            ":2: holds the control character \"\\x7f\" (check that it is a YAML file)"));
}

TEST(HostileYaml, SyntaxErrorsNameTheirLine) {
    EXPECT_THAT(messages_of("profile: p\nruntime: [cpython\n"),
                ElementsAre(AllOf(StartsWith("load profile p.yaml:"), HasSubstr("not valid YAML: "))));
    EXPECT_THAT(messages_of("profile: p\n\tmodules: x\n"),
                ElementsAre(StartsWith("load profile p.yaml:2: ")));
    EXPECT_THAT(messages_of("profile: p\nruntime: *nothing\n"),
                ElementsAre(StartsWith("load profile p.yaml:2: not valid YAML: ")));
}

TEST(HostileYaml, AnEmptyFileHoldsNoProfile) {
    for (const std::string_view text : {"", "\n\n", "# nothing\n", "---\n", "~"}) {
        EXPECT_THAT(messages_of(text), ElementsAre(StartsWith("load profile p.yaml:1: holds no profile (")));
    }
    EXPECT_THAT(messages_of("- a\n- b\n"), ElementsAre("load profile p.yaml:1: is not a mapping "
                                                       "(write \"key: value\" lines)"));
}

std::string repeated(std::string_view text, std::size_t count) {
    std::string result;
    for (std::size_t i = 0; i < count; ++i) result += text;
    return result;
}

TEST(HostileYaml, AnAliasBombCostsNoMoreThanItsText) {
    std::string text = "a0: &a0 [x, x]\n";
    for (int i = 1; i < 40; ++i) {
        const auto last = std::to_string(i - 1);
        const auto name = std::to_string(i);
        text.append("a").append(name).append(": &a").append(name);
        text.append(" [*a").append(last).append(", *a").append(last).append("]\n");
    }
    EXPECT_THAT(messages_of(text + "runtime: cpython\nprofile: p\nmodules: [m]\npoints: *a39\n"),
                SizeIs(40 + 2));
}

TEST(HostileYaml, ListsOfAliasesAreBounded) {
    const auto head = std::string("profile: p\nruntime: cpython\nmodules: [m]\nx: &p {callers: &c [") +
                      repeated("{a: b},", 64) + "]}\n";
    EXPECT_THAT(messages_of(head + "points: [" + repeated("*p,", 300) + "]\n"),
                ElementsAre(HasSubstr("unknown key \"x\""),
                            HasSubstr(":5: key \"points\" has 300 items (at most 256)")));
    const auto lines = messages_of(head + "points: [" + repeated("*p,", 256) + "]\n");
    EXPECT_THAT(lines, SizeIs(ProfileLimits::kErrors + 1));
    EXPECT_THAT(lines.back(),
                AllOf(StartsWith("load profile p.yaml: and "), HasSubstr(" more (fix these first)")));
}

TEST(HostileYaml, MappingsAreBounded) {
    std::string text = "profile: p\nruntime: cpython\nmodules: [m]\n";
    for (int key = 0; key < 62; ++key) text += "k" + std::to_string(key) + ": x\n";
    EXPECT_THAT(messages_of(text), ::testing::Contains("load profile p.yaml:65: has more than 64 keys "
                                                       "(remove some)"));
}

TEST(HostileYaml, AnAliasToItselfIsNoProfile) {
    EXPECT_THAT(messages_of("&a\nprofile: p\nruntime: cpython\nmodules: [m]\npoints: [*a]\n"),
                Not(IsEmpty()));
    EXPECT_THAT(messages_of("profile: &a [*a]\n"), Not(IsEmpty()));
}

TEST(HostileYaml, DeepNestingIsRefused) {
    const auto depth = ProfileLimits::kFileBytes / 2;
    for (const std::string_view open : {"[", "{", "- ", "? ", "[{", "{a: "}) {
        EXPECT_THAT(messages_of(repeated(open, depth / open.size())), Not(IsEmpty())) << open;
    }
}

TEST(HostileYaml, ManyKeysOrDocumentsAreRefused) {
    std::string keys;
    for (int i = 0; i < 50000; ++i) keys += "k" + std::to_string(i) + ": v\n";
    EXPECT_THAT(messages_of(keys), Not(IsEmpty()));
    EXPECT_THAT(messages_of(repeated("---\na\n", 50000)), ElementsAre(HasSubstr("a second YAML document")));
}

// Whatever the bytes: a profile within its bounds, or errors that are one line each and name the file.
void expect_answer(const std::string& text) {
    const auto loaded = parse_profile(text, "p.yaml");
    if (const auto* profile = std::get_if<Profile>(&loaded)) {
        EXPECT_FALSE(profile->points.empty()) << text;
        return;
    }
    const auto lines = messages(loaded);
    EXPECT_THAT(lines, Not(IsEmpty())) << text;
    for (const auto& line : lines) {
        EXPECT_THAT(line, AllOf(StartsWith("load profile p.yaml"), Not(HasSubstr("\n")))) << text;
    }
}

// Bytes, and pieces that mean something to YAML or to a profile.
constexpr std::string_view kPieces[] = {
    "\n",    " ",      "  - ",       ": ",        "?",       "*a",   "&a ",      "[",   "]",
    "{",     "}",      ",",          "|\n",       ">\n",     "\"",   "'",        "#",   "!!str ",
    "!<x> ", "%YAML ", "---",        "...",       "~",       "<<",   "\t",       "\r",  "\xff",
    "\\x",   "name",   "arg0 int32", "points:\n", "node_id", "true", "callers:", "\0x",
};

std::string mutated(std::string text, std::mt19937& random) {
    const auto below = [&](std::size_t n) {
        return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
    };
    for (auto edits = 1 + below(4); edits > 0; --edits) {
        const auto at = below(text.size() + 1);
        const auto count = std::min(text.size() - at, below(30));
        switch (below(4)) {
            case 0:
                text.erase(at, count);
                break;
            case 1:
                text.insert(at, kPieces[below(std::size(kPieces))]);
                break;
            case 2:
                text.insert(below(text.size() + 1), text.substr(at, count));
                break;
            case 3:
                if (at < text.size()) text[at] = static_cast<char>(below(256));
        }
    }
    return text;
}

TEST(HostileYaml, MutatedProfilesAreAnswered) {
    std::mt19937 random(20240607);
    for (int round = 0; round < 2000; ++round) {
        expect_answer(mutated(std::string(round % 2 == 0 ? kPython : kNative), random));
    }
}

TEST(HostileYaml, RandomYamlIsAnswered) {
    std::mt19937 random(7);
    const auto pick = [&] {
        return std::uniform_int_distribution<std::size_t>(0, std::size(kPieces) - 1)(random);
    };
    for (int round = 0; round < 3000; ++round) {
        std::string text;
        for (std::size_t pieces = 1 + pick(); pieces > 0; --pieces) text += kPieces[pick()];
        expect_answer(text);
    }
}

}  // namespace
}  // namespace flowtap::hostile_file_test
