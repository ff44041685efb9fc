// SPDX-License-Identifier: Apache-2.0
#include "discovery/discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "process/process_facts.h"
#include "tests/unit/process/fake_proc.h"
#include "tests/unit/process/no_descriptors.h"

namespace flowtap::discovery_test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kSecond = 1'000'000'000;

std::string arguments(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += word + '\0';
    return text;
}

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
    std::vector<pid_t> due(Discovery& discovery, std::uint64_t now_ns) {
        std::vector<pid_t> pids;
        for (const CandidateProcess& candidate : discovery.due(now_ns, proc_.root()))
            pids.push_back(candidate.pid);
        return pids;
    }
    std::vector<pid_t> found(Discovery& discovery, std::uint64_t second) {
        discovery.search_proc(second * kSecond, proc_.root());
        return due(discovery, second * kSecond);
    }
    // Attached to process 10, which has since forked process 11.
    Discovery with_copy_of_target() {
        put(10, arguments({"engine"}));
        Discovery discovery = matching({"engine"});
        EXPECT_THAT(found(discovery, 1), ElementsAre(10));
        discovery.attached(10);
        discovery.forked(11, 10, 2 * kSecond);
        return discovery;
    }

    FakeProc proc_;
};

TEST_F(Discovered, AreProcessesWhoseCommandLineMatchesAnyPattern) {
    put(10, arguments({"python3", "worker.py", "--queue", "a"}));
    put(11, arguments({"python3", "worker.py", "--queue", "ab"}));
    put(12, arguments({"engine"}));
    put(13, arguments({"python3", "engine.py"}));
    Discovery discovery = matching({"worker\\.py --queue [a-c]$", "^engine"});
    EXPECT_TRUE(discovery.searches());
    EXPECT_THAT(found(discovery, 1), ElementsAre(10, 12));
}

// Any user may start a process with a long command line.
TEST_F(Discovered, AreByTheBeginningOfALongCommandLine) {
    put(10, arguments({"engine", std::string(60'000, 'a')}));
    Discovery discovery = matching({"engine (a|x)*b", "^engine (a|x)*$"});
    EXPECT_THAT(found(discovery, 1), ElementsAre(10));
}

TEST_F(Discovered, AreAllWithAll) {
    put(10, arguments({"python3"}));
    put(11, arguments({"engine"}));
    Discovery discovery = everything();
    EXPECT_TRUE(discovery.searches());
    EXPECT_THAT(found(discovery, 1), ElementsAre(10, 11));
}

TEST_F(Discovered, AreNoneWhereNothingWasAskedFor) {
    put(10, arguments({"python3"}));
    put(11, arguments({"python3"}));
    Discovery discovery = matching({});
    EXPECT_FALSE(discovery.searches());
    discovery.became_another_program(10, kSecond);
    discovery.forked(11, 10, kSecond);
    EXPECT_THAT(found(discovery, 1), IsEmpty());
}

TEST_F(Discovered, AreNeitherKernelThreadsNorFlowtapItselfNorWhatIsNoProcess) {
    put(2, "");
    put(getpid(), arguments({"flowtap"}));
    proc_.put("uptime", "1 2\n");
    proc_.put("12x/cmdline", "x");
    proc_.put("13/cmdline", "a process that is just going away");
    Discovery discovery = everything();
    discovery.became_another_program(getpid(), kSecond);
    EXPECT_THAT(found(discovery, 1), IsEmpty());
}

TEST_F(Discovered, AreTriedAgainAfterPausesThatDoubleUpToAMinute) {
    put(10, arguments({"engine"}));
    Discovery discovery = everything();
    discovery.search_proc(0, proc_.root());
    std::vector<std::uint64_t> tries;
    for (std::uint64_t tenth = 0; tenth < 2300; tenth++)
        if (!due(discovery, tenth * kSecond / 10).empty()) tries.push_back(tenth);
    EXPECT_THAT(tries, ElementsAre(0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 1623, 2223));
}

TEST_F(Discovered, AreTriedAgainAtOnceWhenSomethingInThemChanged) {
    put(10, arguments({"engine"}));
    Discovery discovery = everything();
    EXPECT_THAT(found(discovery, 1), ElementsAre(10));
    EXPECT_TRUE(discovery.waits(10));
    EXPECT_THAT(due(discovery, kSecond + 1), IsEmpty());
    discovery.changed(10, kSecond + 2);
    discovery.changed(999, kSecond + 2);
    EXPECT_THAT(due(discovery, kSecond + 2), ElementsAre(10));
}

// What it loaded may have to be initialised before it fits.
TEST_F(Discovered, AreTriedAtOnceAndOftenAfterTheyLoadedALibrary) {
    put(10, arguments({"engine"}));
    Discovery discovery = everything();
    discovery.search_proc(0, proc_.root());
    for (std::uint64_t tenth = 0; tenth < 600; tenth++) due(discovery, tenth * kSecond / 10);
    discovery.loaded(10, 60 * kSecond);
    discovery.loaded(999, 60 * kSecond);
    std::vector<std::uint64_t> tries;
    for (std::uint64_t tenth = 600; tenth < 620; tenth++)
        if (!due(discovery, tenth * kSecond / 10).empty()) tries.push_back(tenth - 600);
    EXPECT_THAT(tries, ElementsAre(0, 1, 3, 7, 15));
}

TEST_F(Discovered, AreNotTriedAgainOnceSettled) {
    put(10, arguments({"engine"}));
    put(11, arguments({"engine"}));
    Discovery discovery = everything();
    EXPECT_THAT(found(discovery, 1), ElementsAre(10, 11));
    discovery.attached(10);
    discovery.attached(999);
    EXPECT_FALSE(discovery.waits(10));
    discovery.changed(10, kSecond);
    EXPECT_THAT(found(discovery, 1000), ElementsAre(11));
}

TEST_F(Discovered, AreTriedAtOnceWhenTheyBecomeAnotherProgram) {
    put(10, arguments({"sh"}));
    Discovery discovery = matching({"engine"});
    EXPECT_THAT(found(discovery, 1), IsEmpty());
    put(10, arguments({"engine"}));
    discovery.became_another_program(10, 5 * kSecond);
    const std::vector<CandidateProcess> candidates = discovery.due(5 * kSecond, proc_.root());
    ASSERT_EQ(candidates.size(), 1U);
    EXPECT_EQ(candidates.front().pid, 10);
    EXPECT_EQ(candidates.front().began_ns, 5 * kSecond);
    EXPECT_FALSE(candidates.front().copy_of);
    discovery.attached(10);
    put(10, arguments({"sh"}));
    discovery.became_another_program(10, 6 * kSecond);
    EXPECT_THAT(due(discovery, 100 * kSecond), IsEmpty());
}

TEST_F(Discovered, AreTriedAtOnceAsCopiesOfTheTargetThatForkedThem) {
    put(10, arguments({"engine"}));
    Discovery discovery = matching({"engine"});
    EXPECT_THAT(found(discovery, 1), ElementsAre(10));
    discovery.attached(10);
    put(11, arguments({"engine"}), 200);
    discovery.forked(11, 10, 2 * kSecond);
    const std::vector<CandidateProcess> candidates = discovery.due(2 * kSecond, proc_.root());
    ASSERT_EQ(candidates.size(), 1U);
    EXPECT_EQ(candidates.front().copy_of, 10);
    const std::vector<CandidateProcess> again = discovery.due(10 * kSecond, proc_.root());
    ASSERT_EQ(again.size(), 1U);
    EXPECT_FALSE(again.front().copy_of) << "a copy has gone its own way by then";
}

TEST_F(Discovered, ThatTargetsForkedAreCountedIfTheyEndBeforeTheyAreLookedAt) {
    Discovery discovery = with_copy_of_target();
    discovery.forked(12, 10, 2 * kSecond);
    discovery.forked(31, 30, 2 * kSecond);  // of no target
    put(12, arguments({"engine"}));
    EXPECT_THAT(due(discovery, 4 * kSecond), ElementsAre(12));
    EXPECT_THAT(discovery.take_copies_gone(), ElementsAre(10));
    EXPECT_THAT(discovery.take_copies_gone(), IsEmpty());
}

// Without its memory, which goes first, a process has no command line.
TEST_F(Discovered, ThatTargetsForkedAreCountedIfTheyAreEnding) {
    Discovery discovery = with_copy_of_target();
    put(11, "");
    EXPECT_THAT(due(discovery, 4 * kSecond), IsEmpty());
    EXPECT_THAT(discovery.take_copies_gone(), ElementsAre(10));
    remove(11);
    EXPECT_THAT(due(discovery, 100 * kSecond), IsEmpty());
    EXPECT_THAT(discovery.take_copies_gone(), IsEmpty());
}

TEST_F(Discovered, ThatTargetsForkedAreCountedIfASearchFindsThemGone) {
    Discovery discovery = with_copy_of_target();
    discovery.search_proc(3 * kSecond, proc_.root());
    EXPECT_THAT(discovery.take_copies_gone(), ElementsAre(10));
}

TEST_F(Discovered, ThatWereForkedByOthersAreLookedAtOnlyIfTheyLast) {
    put(10, arguments({"engine"}));
    Discovery discovery = matching({"engine"});
    EXPECT_THAT(found(discovery, 1), ElementsAre(10));
    discovery.forked(11, 10, 2 * kSecond);
    discovery.forked(12, 10, 2 * kSecond);
    discovery.forked(31, 30, 2 * kSecond);  // by one that was not seen yet
    put(11, arguments({"engine"}));
    put(31, arguments({"engine"}));
    discovery.attached(10);
    EXPECT_THAT(due(discovery, 2 * kSecond), IsEmpty());
    EXPECT_THAT(due(discovery, 3 * kSecond), ElementsAre(11, 31)) << "12 has ended";
}

// As servers do, whose workers call themselves by what they serve.
TEST_F(Discovered, AreFoundByATitleThatTheyGiveThemselves) {
    put(20, arguments({"python3", "main.py"}));
    Discovery discovery = matching({"engine"});
    discovery.search_proc(0, proc_.root());
    EXPECT_THAT(due(discovery, 0), IsEmpty());
    put(21, arguments({"python3", "main.py"}), 200);
    discovery.forked(21, 20, 2 * kSecond);
    EXPECT_THAT(due(discovery, 3 * kSecond), IsEmpty());
    put(21, arguments({"engine: worker"}), 200);
    EXPECT_THAT(due(discovery, 4 * kSecond), ElementsAre(21));
    put(20, arguments({"engine: master"}));
    EXPECT_THAT(due(discovery, 20 * kSecond), Contains(20));
}

TEST_F(Discovered, AreReadAgainAfterPausesThatDoubleUpToAMinute) {
    put(20, arguments({"sh"}));
    Discovery discovery = matching({"engine"});
    discovery.search_proc(0, proc_.root());
    for (std::uint64_t tenth = 0; tenth < 1100; tenth++) due(discovery, tenth * kSecond / 10);
    put(20, arguments({"engine"}));
    EXPECT_THAT(due(discovery, 162 * kSecond), IsEmpty());
    EXPECT_THAT(due(discovery, 163 * kSecond), ElementsAre(20));
}

TEST_F(Discovered, AreAnewWhereThePidIsThatOfALaterProcess) {
    put(10, arguments({"engine"}), 100);
    Discovery discovery = matching({"engine"});
    EXPECT_THAT(found(discovery, 1), ElementsAre(10));
    discovery.attached(10);
    EXPECT_THAT(found(discovery, 1000), IsEmpty());
    put(10, arguments({"engine"}), 200);
    EXPECT_THAT(found(discovery, 1001), ElementsAre(10));
    put(10, arguments({"unrelated"}), 300);
    EXPECT_THAT(found(discovery, 2000), IsEmpty());
}

TEST_F(Discovered, ThatAreAnewUnheardAreSeenWhenTheyAreDue) {
    put(10, arguments({"engine"}), 100);
    Discovery discovery = matching({"engine"});
    EXPECT_THAT(found(discovery, 1), ElementsAre(10));
    put(10, arguments({"unrelated"}), 200);
    EXPECT_THAT(due(discovery, 100 * kSecond), IsEmpty());
}

TEST_F(Discovered, AreForgottenWhenTheyAreGone) {
    put(10, arguments({"engine"}));
    Discovery discovery = everything();
    EXPECT_THAT(found(discovery, 1), ElementsAre(10));
    remove(10);
    EXPECT_THAT(found(discovery, 2), IsEmpty());
    put(10, arguments({"engine"}));
    EXPECT_THAT(found(discovery, 2), ElementsAre(10)) << "its pause began anew";
}

TEST_F(Discovered, ByNumberAreTriedAgainAfterAnExecOnly) {
    const std::uint64_t own_start = *start_ticks_of(getpid());
    const pid_t chosen = getppid();
    const std::uint64_t chosen_start = *start_ticks_of(chosen);
    put(chosen, arguments({"engine"}), chosen_start);
    Discovery discovery = matching({});
    discovery.choose(chosen);
    EXPECT_THAT(found(discovery, 100), IsEmpty());
    discovery.became_another_program(chosen, 101 * kSecond);
    EXPECT_THAT(due(discovery, 101 * kSecond), ElementsAre(chosen));
    put(chosen, arguments({"engine"}), chosen_start + own_start);
    discovery.became_another_program(chosen, 102 * kSecond);
    EXPECT_THAT(due(discovery, 102 * kSecond), IsEmpty())
        << "another process with that number was not chosen";
}

TEST_F(Discovered, AreNotForgottenForALackOfDescriptors) {
    put(10, arguments({"engine"}));
    put(11, arguments({"engine"}));
    Discovery discovery = everything();
    EXPECT_THAT(found(discovery, 1), ElementsAre(10, 11));
    {
        const test::NoDescriptors none;
        EXPECT_THAT(found(discovery, 2), ElementsAre(10, 11));
    }
    EXPECT_TRUE(discovery.waits(10));
    EXPECT_TRUE(discovery.waits(11));
}

// Which is neither a kernel thread nor a program that is not meant.
TEST_F(Discovered, AreTriedOnceTheirCommandLineCanBeRead) {
    Discovery discovery = everything();
    put(10, arguments({"engine"}));
    std::filesystem::rename(proc_.root() + "/10/cmdline", proc_.root() + "/10/later");
    EXPECT_THAT(found(discovery, 1), IsEmpty());
    std::filesystem::rename(proc_.root() + "/10/later", proc_.root() + "/10/cmdline");
    EXPECT_THAT(due(discovery, 100 * kSecond), ElementsAre(10));
}

TEST_F(Discovered, AreNoneWhereProcCannotBeRead) {
    Discovery discovery = everything();
    discovery.search_proc(kSecond, proc_.root() + "/absent");
    EXPECT_THAT(due(discovery, kSecond), IsEmpty());
}

TEST(DiscoveryPatterns, ThatAreNoRegularExpressionsAreUsageErrors) {
    const Result<Discovery> discovery = Discovery::make({"good", "(unclosed"}, false);
    ASSERT_FALSE(discovery);
    EXPECT_EQ(discovery.error().kind, Error::Kind::kUsage);
    EXPECT_THAT(discovery.error().message(), HasSubstr("(unclosed"));
}

}  // namespace
}  // namespace flowtap::discovery_test
