// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "files.h"

namespace flowtap {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Result<Command> parse(std::vector<const char*> words) {
    words.insert(words.begin(), "flowtap");
    return parse_arguments(static_cast<int>(words.size()), words.data());
}

// Of that kind, or the defaults after a failure.
template <typename T>
T parsed(const std::vector<const char*>& words) {
    const Result<Command> command = parse(words);
    EXPECT_TRUE(command) << command.error().message();
    if (!command || !std::holds_alternative<T>(*command)) {
        ADD_FAILURE() << "another command";
        return {};
    }
    return std::get<T>(*command);
}

TEST(Arguments, OfRun) {
    const auto options = parsed<RunOptions>({"run", "--pid", "10", "--pid", "11", "--match", "a.*b",
                                             "--match", "c", "--all", "--profile", "x.yaml", "--profile",
                                             "y.yaml", "--listen", "127.0.0.1:80", "--check"});
    EXPECT_THAT(options.pids, ElementsAre(10, 11));
    EXPECT_THAT(options.matches, ElementsAre("a.*b", "c"));
    EXPECT_THAT(options.profiles, ElementsAre("x.yaml", "y.yaml"));
    EXPECT_TRUE(options.all);
    EXPECT_TRUE(options.check_only);
    EXPECT_EQ(options.listen, (ListenAddress{"127.0.0.1", 80}));
}

TEST(Arguments, OfRunHaveDefaults) {
    const auto options = parsed<RunOptions>({"run", "--pid=10"});
    EXPECT_THAT(options.matches, IsEmpty());
    EXPECT_THAT(options.profiles, IsEmpty());
    EXPECT_FALSE(options.all);
    EXPECT_FALSE(options.check_only);
    EXPECT_EQ(options.listen, (ListenAddress{"0.0.0.0", 9847}));
}

TEST(Arguments, OfPlan) {
    const auto options = parsed<PlanOptions>({"plan", "--pid", "10", "--profile", "x.yaml", "--json"});
    EXPECT_EQ(options.pid, 10);
    EXPECT_THAT(options.profiles, ElementsAre("x.yaml"));
    EXPECT_TRUE(options.json);
    EXPECT_FALSE(parsed<PlanOptions>({"plan", "--pid", "10"}).json);
}

TEST(Arguments, OfCheck) {
    EXPECT_TRUE(parsed<CheckOptions>({"check", "--json"}).json);
    EXPECT_FALSE(parsed<CheckOptions>({"check"}).json);
}

TEST(Arguments, AskingForTextGetIt) {
    EXPECT_THAT(parsed<ShowText>({"--version"}).text, testing::MatchesRegex("flowtap [0-9.]+\n"));
    const std::string help = parsed<ShowText>({"--help"}).text;
    for (const char* command : {"run", "plan", "check"}) EXPECT_THAT(help, HasSubstr(command));
    EXPECT_THAT(parsed<ShowText>({"run", "--help"}).text, HasSubstr("--match"));
    EXPECT_THAT(parsed<ShowText>({"plan", "--help"}).text, HasSubstr("--json"));
}

TEST(Arguments, ThatMakeNoSenseAreUsageErrors) {
    const std::vector<std::vector<const char*>> wrong = {
        {},
        {"fly"},
        {"--pid", "10"},
        {"run"},
        {"run", "--profile", "x.yaml"},
        {"run", "--fly"},
        {"run", "--pid"},
        {"run", "--pid", "ten"},
        {"run", "--pid", "99999999999999999999"},
        {"run", "--all", "extra"},
        {"run", "--all", "--listen", "nowhere"},
        {"run", "--all", "--listen", "0.0.0.0:99999"},
        {"plan"},
        {"plan", "--pid", "x"},
        {"plan", "--pid", "10", "--all"},
        {"check", "--pid", "10"},
    };
    for (const auto& words : wrong) {
        const Result<Command> command = parse(words);
        const std::string line = testing::PrintToString(words);
        ASSERT_FALSE(command) << line;
        EXPECT_EQ(command.error().kind, Error::Kind::kUsage) << line;
        EXPECT_THAT(command.error().message(), testing::Not(HasSubstr("\n"))) << line;
    }
}

TEST(Arguments, OfRunNeedATargetUnlessOnlyChecked) {
    const Result<Command> command = parse({"run"});
    ASSERT_FALSE(command);
    EXPECT_THAT(command.error().message(), HasSubstr("--pid"));
    EXPECT_TRUE(parsed<RunOptions>({"run", "--check"}).check_only);
}

class ArgumentsWithConfig : public testing::Test {
protected:
    RunOptions run(const std::string& config, std::vector<const char*> words) {
        const std::string path = files_.put("config.yaml", config);
        words.insert(words.begin(), {"run", "--config", path.c_str()});
        return parsed<RunOptions>(words);
    }

    Files files_;
};

TEST_F(ArgumentsWithConfig, TakeFromItWhatTheCommandLineDoesNotSay) {
    const RunOptions options = run("pid: 10\nlisten: 127.0.0.1:80\n", {"--match", "a"});
    EXPECT_THAT(options.pids, ElementsAre(10));
    EXPECT_THAT(options.matches, ElementsAre("a"));
    EXPECT_EQ(options.listen, (ListenAddress{"127.0.0.1", 80}));
}

TEST_F(ArgumentsWithConfig, WinOverIt) {
    const RunOptions options = run("pid: [10, 11]\nmatch: a\nprofile: x.yaml\nlisten: 127.0.0.1:80\n",
                                   {"--pid", "12", "--match", "b", "--profile", "y.yaml", "--listen", ":81"});
    EXPECT_THAT(options.pids, ElementsAre(12));
    EXPECT_THAT(options.matches, ElementsAre("b"));
    EXPECT_THAT(options.profiles, ElementsAre("y.yaml"));
    EXPECT_EQ(options.listen, (ListenAddress{"0.0.0.0", 81}));
}

TEST_F(ArgumentsWithConfig, WinOverItWhereTheyAskForTheDefault) {
    const RunOptions options = run("all: true\nlisten: 127.0.0.1:80\n", {"--listen", "0.0.0.0:9847"});
    EXPECT_EQ(options.listen, ListenAddress{});
}

TEST_F(ArgumentsWithConfig, HaveATargetInEither) {
    EXPECT_TRUE(run("all: true\n", {}).all);
    const std::string path = files_.put("config.yaml", "all: false\n");
    EXPECT_FALSE(parse({"run", "--config", path.c_str()}));
}

TEST_F(ArgumentsWithConfig, HandOnAllOfItsErrors) {
    const std::string path = files_.put("config.yaml", "pid: x\nfly: 1\n");
    const Result<Command> command = parse({"run", "--all", "--config", path.c_str()});
    ASSERT_FALSE(command);
    EXPECT_EQ(command.error().kind, Error::Kind::kUsage);
    EXPECT_THAT(lines_of(command.error()), ElementsAre(HasSubstr(path + ":1"), HasSubstr(path + ":2")));
    EXPECT_FALSE(parse({"run", "--all", "--config", files_.path("absent").c_str()}));
}

}  // namespace
}  // namespace flowtap
