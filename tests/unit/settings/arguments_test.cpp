// SPDX-License-Identifier: Apache-2.0
#include "settings/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flowtap::arguments_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

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
    const auto run = parsed<RunArguments>({"run", "--pid", "10", "--pid", "11", "--match", "a.*b", "--match",
                                           "c", "--all", "--profile", "x.yaml", "--profile", "y.yaml",
                                           "--listen", "127.0.0.1:80", "--config", "c.yaml", "--check"});
    EXPECT_THAT(run.given, UnorderedElementsAre(Pair("pid", ElementsAre("10", "11")),
                                                Pair("match", ElementsAre("a.*b", "c")),
                                                Pair("all", ElementsAre("true")),
                                                Pair("profile", ElementsAre("x.yaml", "y.yaml")),
                                                Pair("listen", ElementsAre("127.0.0.1:80"))));
    EXPECT_EQ(run.config, "c.yaml");
    EXPECT_TRUE(run.check_only);
}

TEST(Arguments, OfRunThatWereNotGivenAreNotThere) {
    const auto run = parsed<RunArguments>({"run", "--pid=10"});
    EXPECT_THAT(run.given, ElementsAre(Pair("pid", ElementsAre("10"))));
    EXPECT_EQ(run.config, "");
    EXPECT_FALSE(run.check_only);
}

TEST(Arguments, OfRunAndPlanCanDoWithoutRunningTimes) {
    EXPECT_EQ(
        parsed<RunArguments>({"run", "--pid=10", "--no-running-seconds"}).given.count("no-running-seconds"),
        1U);
    EXPECT_FALSE(parsed<PlanOptions>({"plan", "--pid=10"}).no_running_seconds);
    EXPECT_TRUE(parsed<PlanOptions>({"plan", "--pid=10", "--no-running-seconds"}).no_running_seconds);
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

TEST(Arguments, OfTrace) {
    const auto trace = parsed<TraceOptions>(
        {"trace", "--pid", "10", "--output", "t.json", "--duration", "1.5", "--profile", "x.yaml"});
    EXPECT_EQ(trace.pid, 10);
    EXPECT_EQ(trace.output, "t.json");
    EXPECT_EQ(trace.duration, std::chrono::milliseconds(1500));
    EXPECT_THAT(trace.profiles, ElementsAre("x.yaml"));
    EXPECT_FALSE(parsed<TraceOptions>({"trace", "--pid", "10", "--output", "t.json"}).duration.has_value());
}

TEST(Arguments, OfTop) {
    const auto top = parsed<TopOptions>(
        {"top", "--pid", "10", "--pid", "11", "--profile", "x.yaml", "--interval", "0.5", "--count", "3"});
    EXPECT_THAT(top.watched.given, UnorderedElementsAre(Pair("pid", ElementsAre("10", "11")),
                                                        Pair("profile", ElementsAre("x.yaml"))));
    EXPECT_EQ(top.interval, std::chrono::milliseconds(500));
    EXPECT_EQ(top.count, 3U);
    const auto remote = parsed<TopOptions>({"top", "--url", "http://host", "--once"});
    EXPECT_EQ(remote.url, "http://host");
    EXPECT_EQ(remote.count, 1U);
    EXPECT_EQ(remote.interval, std::chrono::seconds(1));
    EXPECT_FALSE(parsed<TopOptions>({"top", "--all"}).count);
    EXPECT_EQ(parsed<TopOptions>({"top", "--config", "c.yaml"}).watched.config, "c.yaml");
}

TEST(Arguments, HelpAndVersionArePrinted) {
    EXPECT_THAT(parsed<ShowText>({"--version"}).text, testing::MatchesRegex("flowtap [0-9.]+\n"));
    const std::string help = parsed<ShowText>({"--help"}).text;
    EXPECT_THAT(help, HasSubstr("from outside: no change to the code, no restart."));
    for (const char* command : {"run", "plan", "check", "trace", "top"})
        EXPECT_THAT(help, HasSubstr(command));
    EXPECT_THAT(parsed<ShowText>({"run", "--help"}).text, HasSubstr("--match"));
    EXPECT_THAT(parsed<ShowText>({"plan", "--help"}).text, HasSubstr("--json"));
}

TEST(Arguments, ThatAreWrongAreUsageErrors) {
    const std::vector<std::vector<const char*>> wrong = {
        {},
        {"fly"},
        {"--pid", "10"},
        {"run", "--fly"},
        {"run", "--pid"},
        {"run", "--pid", "10", "11"},
        {"run", "--all", "extra"},
        {"run", "--all", "--listen", ":80", "--listen", ":81"},
        {"plan"},
        {"plan", "--pid", "x"},
        {"plan", "--pid", "10", "--all"},
        {"check", "--pid", "10"},
        {"trace", "--pid", "10"},
        {"trace", "--output", "t.json"},
        {"trace", "--pid", "10", "--output", "t.json", "--duration", "0"},
        {"trace", "--pid", "10", "--output", "t.json", "--duration", "soon"},
        {"trace", "--pid", "10", "--output", "t.json", "--duration", "1e9"},
        {"top"},
        {"top", "--once"},
        {"top", "--url", "http://host", "--pid", "10"},
        {"top", "--pid", "10", "--cacert", "x"},
        {"top", "--pid", "10", "--once", "--count", "2"},
        {"top", "--pid", "10", "--count", "0"},
        {"top", "--pid", "10", "--interval", "0"},
        {"top", "--pid", "10", "--listen", ":80"},
    };
    for (const auto& words : wrong) {
        const Result<Command> command = parse(words);
        const std::string line = testing::PrintToString(words);
        ASSERT_FALSE(command) << line;
        EXPECT_EQ(command.error().kind, Error::Kind::kUsage) << line;
        EXPECT_THAT(command.error().message(), testing::Not(HasSubstr("\n"))) << line;
    }
}

TEST(Arguments, ThatAreWrongNameWhatIsMissing) {
    const std::pair<std::vector<const char*>, const char*> wrong[] = {
        {{"fly"}, "no such command: fly"},
        {{"plan"}, "--pid is required"},
        {{"run", "--fly"}, "The following argument was not expected: --fly"},
        {{}, "no command is given"},
        {{"run", "--pid"}, "--pid has no value"},
        {{"plan", "--pid"}, "--pid has no value"},
        {{"top"}, "top needs either --url or processes: --pid N, --match REGEX or --all"},
        {{"top", "--url", "http://host", "--all"},
         "top needs either --url or processes: --pid N, --match REGEX or --all"},
        {{"top", "--all", "--cacert", "x.pem"}, "--cacert is for --url"},
    };
    for (const auto& [words, cause] : wrong) {
        EXPECT_EQ(parse(words).error().message(),
                  "read command line: " + std::string(cause) + " (see flowtap --help)");
    }
}

}  // namespace
}  // namespace flowtap::arguments_test
