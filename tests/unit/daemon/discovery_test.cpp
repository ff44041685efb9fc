// SPDX-License-Identifier: Apache-2.0
#include "daemon/discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/unit/process/fake_proc.h"

namespace flowtap {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kSecond = 1'000'000'000;

class Discovered : public testing::Test {
protected:
    void put(int pid, const std::string& command_line, std::uint64_t start_ticks = 100) {
        const std::string directory = std::to_string(pid) + "/";
        proc_.put(directory + "stat", std::to_string(pid) +
                                          " (name) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 " +
                                          std::to_string(start_ticks) + " 0 0 0\n");
        proc_.put(directory + "cmdline", command_line);
    }
    void remove(int pid) { std::filesystem::remove_all(proc_.root() + "/" + std::to_string(pid)); }

    static Discovery matching(const std::vector<std::string>& patterns) {
        return *Discovery::make(patterns, false);
    }
    static Discovery everything() { return *Discovery::make({}, true); }
    std::vector<pid_t> due(Discovery& discovery, std::uint64_t second) {
        return discovery.due(second * kSecond, proc_.root());
    }

    FakeProc proc_;
};

std::string arguments(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += word + '\0';
    return text;
}

TEST_F(Discovered, AreProcessesWhoseCommandLineMatchesAnyPattern) {
    put(10, arguments({"python3", "worker.py", "--queue", "a"}));
    put(11, arguments({"python3", "worker.py", "--queue", "ab"}));
    put(12, arguments({"engine"}));
    put(13, arguments({"python3", "engine.py"}));
    Discovery discovery = matching({"worker\\.py --queue [a-c]$", "^engine"});
    EXPECT_TRUE(discovery.enabled());
    EXPECT_THAT(due(discovery, 1), ElementsAre(10, 12));
}

TEST_F(Discovered, AreAllWithAll) {
    put(10, arguments({"python3"}));
    put(11, arguments({"engine"}));
    Discovery discovery = everything();
    EXPECT_TRUE(discovery.enabled());
    EXPECT_THAT(due(discovery, 1), ElementsAre(10, 11));
}

TEST_F(Discovered, AreNoneWhereNothingWasAskedFor) {
    put(10, arguments({"python3"}));
    Discovery discovery = matching({});
    EXPECT_FALSE(discovery.enabled());
    EXPECT_THAT(due(discovery, 1), IsEmpty());
}

TEST_F(Discovered, AreNeitherKernelThreadsNorFlowtapItselfNorWhatIsNoProcess) {
    put(2, "");
    put(getpid(), arguments({"flowtap"}));
    proc_.put("uptime", "1 2\n");
    proc_.put("12x/cmdline", "x");
    proc_.put("13/cmdline", "a process that is just going away");
    Discovery discovery = everything();
    EXPECT_THAT(due(discovery, 1), IsEmpty());
}

TEST_F(Discovered, AreTriedAgainAfterPausesThatDoubleUpToAMinute) {
    put(10, arguments({"engine"}));
    Discovery discovery = everything();
    std::vector<std::uint64_t> tries;
    for (std::uint64_t second = 1000; second < 1300; second++)
        if (!due(discovery, second).empty()) tries.push_back(second - 1000);
    EXPECT_THAT(tries, ElementsAre(0, 1, 3, 7, 15, 31, 63, 123, 183, 243));
}

TEST_F(Discovered, AreNotTriedAgainOnceSettled) {
    put(10, arguments({"engine"}));
    put(11, arguments({"engine"}));
    Discovery discovery = everything();
    EXPECT_THAT(due(discovery, 1), ElementsAre(10, 11));
    discovery.settled(10);
    discovery.settled(999);
    EXPECT_THAT(due(discovery, 1000), ElementsAre(11));
}

TEST_F(Discovered, AreAnewWhereThePidIsThatOfALaterProcess) {
    put(10, arguments({"engine"}), 100);
    Discovery discovery = matching({"engine"});
    EXPECT_THAT(due(discovery, 1), ElementsAre(10));
    discovery.settled(10);
    EXPECT_THAT(due(discovery, 1000), IsEmpty());
    put(10, arguments({"engine"}), 200);
    EXPECT_THAT(due(discovery, 1001), ElementsAre(10));
    put(10, arguments({"unrelated"}), 300);
    EXPECT_THAT(due(discovery, 2000), IsEmpty());
}

TEST_F(Discovered, AreForgottenWhenTheyAreGone) {
    put(10, arguments({"engine"}));
    Discovery discovery = everything();
    EXPECT_THAT(due(discovery, 1), ElementsAre(10));
    remove(10);
    EXPECT_THAT(due(discovery, 2), IsEmpty());
    put(10, arguments({"engine"}));
    EXPECT_THAT(due(discovery, 2), ElementsAre(10)) << "its pause began anew";
}

TEST_F(Discovered, AreNoneWhereProcCannotBeRead) {
    Discovery discovery = everything();
    EXPECT_THAT(discovery.due(kSecond, proc_.root() + "/absent"), IsEmpty());
}

TEST(DiscoveryPatterns, ThatAreNoRegularExpressionsAreUsageErrors) {
    const Result<Discovery> discovery = Discovery::make({"good", "(unclosed"}, false);
    ASSERT_FALSE(discovery);
    EXPECT_EQ(discovery.error().kind, Error::Kind::kUsage);
    EXPECT_THAT(discovery.error().message(), HasSubstr("(unclosed"));
}

}  // namespace
}  // namespace flowtap
