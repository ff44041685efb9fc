// SPDX-License-Identifier: Apache-2.0
#include "settings/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <random>
#include <set>
#include <string_view>

#include "files.h"
#include "tests/unit/process/in_child.h"

namespace flowtap::config_file_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized =
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer);
#else
constexpr bool kSanitized = false;
#endif

// Address space in use, in bytes.
rlim_t own_memory() {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

class ConfigFile : public testing::Test {
protected:
    RunOptions read(const std::string& text, RunOptions options = {},
                    const std::set<std::string_view>& given = {}) {
        const Result<void> done = load(text, options, given);
        EXPECT_TRUE(done) << done.error().message();
        return options;
    }
    Result<void> load(const std::string& text, RunOptions& options,
                      const std::set<std::string_view>& given = {}) {
        const std::string path = files_.put("c.yaml", text);
        return read_config_file(
            path, [&](std::string_view name) { return given.contains(name); }, options);
    }
    // What is wrong, a line each, without the directory; empty where nothing is.
    std::vector<std::string> errors(const std::string& text) {
        RunOptions options;
        const Result<void> done = load(text, options);
        if (done) return {};
        EXPECT_EQ(done.error().kind, Error::Kind::kUsage);
        std::vector<std::string> lines = lines_of(done.error());
        for (std::string& line : lines) {
            EXPECT_THAT(line, StartsWith("load config " + files_.path("c.yaml")));
            line.erase(0, ("load config " + files_.path("c.yaml")).size());
        }
        return lines;
    }

    Files files_;
};

TEST_F(ConfigFile, HoldsTheOptionsByTheirNames) {
    const std::string profile = files_.put("x.yaml", "");
    const RunOptions options = read("pid: [10, 11]\nmatch:\n  - 'a.*'\n  - b\nall: true\nprofile: [" +
                                    profile + "]\nlisten: '[::1]:80'\n");
    EXPECT_THAT(options.pids, ElementsAre(10, 11));
    EXPECT_THAT(options.matches, ElementsAre("a.*", "b"));
    EXPECT_TRUE(options.all);
    EXPECT_THAT(options.profiles, ElementsAre(profile));
    EXPECT_EQ(options.listen, (ListenAddress{"::1", 80}));
}

TEST_F(ConfigFile, MayHoldOneValueWhereAListBelongs) {
    const RunOptions options = read("pid: 10\nmatch: a b\n");
    EXPECT_THAT(options.pids, ElementsAre(10));
    EXPECT_THAT(options.matches, ElementsAre("a b"));
}

TEST_F(ConfigFile, NamesOtherFilesFromItsOwnPlace) {
    const std::string profile = files_.put("x.yaml", "");
    EXPECT_THAT(read("profile: x.yaml\n").profiles, ElementsAre(profile));
}

TEST_F(ConfigFile, LeavesWhatTheCommandLineGaveAndWhatItDoesNotNameAlone) {
    RunOptions before;
    before.pids = {5};
    before.all = true;
    before.listen.port = 81;
    const RunOptions options = read("pid: 10\nall: false\nmatch: a\n", before, {"pid", "all"});
    EXPECT_THAT(options.pids, ElementsAre(5)) << "the command line's";
    EXPECT_THAT(options.matches, ElementsAre("a"));
    EXPECT_TRUE(options.all);
    EXPECT_EQ(options.listen.port, 81);
}

TEST_F(ConfigFile, IsCheckedAlsoWhereTheCommandLineGoesBeforeIt) {
    RunOptions options;
    EXPECT_FALSE(load("pid: ten\n", options, {"pid"}));
}

TEST_F(ConfigFile, NamesTheLineOfAnUnknownKey) {
    EXPECT_THAT(errors("all: true\nflisten: ':80'\n"),
                ElementsAre(testing::AllOf(StartsWith(":2: unknown key \"flisten\""),
                                           HasSubstr("pid, match, all, profile, prefer, max-overhead, "
                                                     "attach-on-use, no-running-seconds, listen"))));
}

TEST_F(ConfigFile, NamesTheLineOfAValueOfTheWrongType) {
    EXPECT_THAT(errors("all: true\npid: ten\n"), ElementsAre(StartsWith(":2: key \"pid\": \"ten\"")));
    EXPECT_THAT(errors("pid:\n  - 1\n  - -2\n"), ElementsAre(StartsWith(":3: key \"pid\"")));
    EXPECT_THAT(errors("pid: 0x10\n"), ElementsAre(StartsWith(":1: ")));
    EXPECT_THAT(errors("pid: 99999999999\n"), ElementsAre(StartsWith(":1: ")));
    EXPECT_THAT(errors("pid: {a: 1}\n"), ElementsAre(StartsWith(":1: ")));
    EXPECT_THAT(errors("match: [[a]]\n"), ElementsAre(StartsWith(":1: ")));
    EXPECT_THAT(errors("match: ['a', '(']\n"), ElementsAre(StartsWith(":1: key \"match\": \"(\": ")));
    EXPECT_THAT(errors("match:\n- a\n- '" + std::string(2000, 'a') + "'\n"),
                ElementsAre(testing::AllOf(StartsWith(":3: "), HasSubstr("longer than 1024 bytes"))));
    EXPECT_THAT(errors("profile: absent.yaml\n"),
                ElementsAre(testing::AllOf(StartsWith(":1: key \"profile\": "), HasSubstr("No such file"))));
    EXPECT_THAT(errors("check: true\n"), ElementsAre(StartsWith(":1: unknown key")))
        << "only for the command line";
    EXPECT_THAT(errors("match:\n"), ElementsAre(StartsWith(":1: key \"match\" has no value")));
    EXPECT_THAT(errors("all: perhaps\n"), ElementsAre(StartsWith(":1: key \"all\"")));
    EXPECT_THAT(errors("all: [true]\n"), ElementsAre(StartsWith(":1: key \"all\"")));
    EXPECT_THAT(errors("all: true\nlisten: nowhere\n"),
                ElementsAre(StartsWith(":2: key \"listen\": \"nowhere\"")));
}

TEST_F(ConfigFile, IsCheckedWhole) {
    EXPECT_THAT(errors("pid: ten\nfly: 1\nall: 2\nlisten: x\n"),
                ElementsAre(StartsWith(":1: "), StartsWith(":2: "), StartsWith(":3: "), StartsWith(":4: ")));
    EXPECT_THAT(errors("pid: 1\npid: 2\n"), ElementsAre(StartsWith(":2: key \"pid\" is given twice")));
}

TEST_F(ConfigFile, NamesTheLineOfASyntaxError) {
    EXPECT_THAT(errors("all: true\nmatch: [a\n"), ElementsAre(HasSubstr("not valid YAML")));
    EXPECT_THAT(errors("all: true\n\tpid: 1\n"), ElementsAre(StartsWith(":2: ")));
    EXPECT_THAT(errors("all: *nothing\n"), ElementsAre(StartsWith(":1: not valid YAML")));
}

TEST_F(ConfigFile, NamesTheLineOfBytesThatAreNotUtf8) {
    EXPECT_THAT(errors("all: true\nmatch:\n- 'gr\xc3\xb6\xc3\x9f"
                       "e'\n- '\xff'\n"),
                ElementsAre(":4: is not UTF-8 (save it as UTF-8)"));
    EXPECT_THAT(errors("match: '\xed\xa0\x80'\n"), ElementsAre(StartsWith(":1: is not UTF-8")))
        << "a surrogate";
}

TEST_F(ConfigFile, OfBinaryDataNamesTheLineOfTheFirstSuchByte) {
    EXPECT_THAT(errors("all: true\n\x7f"
                       "ELF"),
                ElementsAre(":2: holds the control character \"\\x7f\" (check that it is a YAML file)"));
    EXPECT_THAT(errors(std::string((1 << 20) + 1, '#')),
                ElementsAre(": is larger than 1 MiB (check that it is a YAML file)"));
}

TEST_F(ConfigFile, IsOneMapping) {
    EXPECT_THAT(errors("- pid\n- 1\n"), ElementsAre(StartsWith(":1: is not a mapping")));
    EXPECT_THAT(errors("all: true\n---\nall: true\n"), ElementsAre(StartsWith(":3: a second YAML document")));
    for (const char* empty : {"", "# nothing\n", "~", "---\n"})
        EXPECT_THAT(errors(empty), ElementsAre(StartsWith(":1: holds no config"))) << empty;
}

TEST_F(ConfigFile, ThatCannotBeReadIsAUsageError) {
    for (const std::string& path : {files_.path("absent"), files_.path(""), std::string("/dev/zero")}) {
        RunOptions options;
        const Result<void> done = read_config_file(
            path, [](std::string_view) { return false; }, options);
        ASSERT_FALSE(done) << path;
        EXPECT_EQ(done.error().kind, Error::Kind::kUsage);
        EXPECT_THAT(done.error().message(), StartsWith("load config " + path));
    }
}

// yaml-cpp needs a hundred times as much as the text has.
TEST_F(ConfigFile, ForWhichThereIsNoMemorySaysSo) {
    if (kSanitized) GTEST_SKIP() << "sanitizers need more memory than a limit allows";
    std::string text = "match: [a";
    while (text.size() < 800'000) text += ",a";
    const std::string said = test::in_child([&] {
        const rlim_t most = own_memory() + (16U << 20);
        const rlimit little = {most, most};
        ::setrlimit(RLIMIT_AS, &little);
        const std::vector<std::string> lines = errors(text + "]\n");
        return lines.empty() ? "" : lines.front();
    });
    EXPECT_THAT(said, HasSubstr("not enough memory to parse it (shorten it, or allow flowtap more memory)"));
}

// yaml-cpp makes endless documents out of some of these, and takes deep nesting for a reason to overflow.
TEST_F(ConfigFile, OfGarbageIsAnError) {
    for (const std::string& text :
         {std::string(", a"), std::string(","), std::string("a\n, b"), std::string(100'000, '['),
          std::string(100'000, '{'), std::string("\0\0", 2), std::string("\xff\xfe p"),
          std::string("&a [*a]"), std::string("? ? ?"), std::string("%YAML 9.9\n---\n"),
          std::string(2 << 20, 'x')})
        EXPECT_THAT(errors(text), Not(IsEmpty())) << text.substr(0, 20);
}

TEST_F(ConfigFile, OfRandomYamlIsAnswered) {
    constexpr std::string_view kPieces[] = {
        "\n",   " ",     ": ",    "? ",     "*a", "&a ",    "[",       "]",    "{",   "}",
        ",",    "|\n",   "\"",    "'",      "#",  "!!str ", "---",     "~",    "<<",  "\t",
        "\xff", "pid: ", "all: ", "true\n", "- ", "10",     "match: ", "a.*b", "...", "listen: "};
    std::mt19937 random(11);
    const auto pick = [&](std::size_t n) {
        return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
    };
    int accepted = 0;
    for (int round = 0; round < 1000; ++round) {
        std::string text;
        for (std::size_t pieces = 1 + pick(12); pieces > 0; --pieces)
            text += kPieces[pick(std::size(kPieces))];
        const std::vector<std::string> lines = errors(text);
        accepted += lines.empty() ? 1 : 0;
        for (const std::string& line : lines) EXPECT_THAT(line, Not(HasSubstr("\n"))) << text;
    }
    EXPECT_LT(accepted, 500) << "random pieces are seldom a config";
}

}  // namespace
}  // namespace flowtap::config_file_test
