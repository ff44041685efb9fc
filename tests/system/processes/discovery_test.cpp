// SPDX-License-Identifier: Apache-2.0
// Processes that are chosen by what they run, and become targets while flowtap runs.
#include <gmock/gmock.h>

#include <csignal>
#include <regex>

#include "flowtap_daemon.h"
#include "paths.h"
#include "probed_bytes.h"
#include "target.h"

namespace flowtap::system_test::discovery_test {
namespace {

constexpr int kNoTarget = 4;

class DiscoveryTest : public TargetTest {
protected:
    static bool is_python() { return target().held_type == "HoldNode"; }

    // An option that changes nothing and that no other process has on its command line.
    static Workload::Options mark() {
        return {is_python() ? "--seed" : "--retry-every", std::to_string(1'000'000 + ::getpid())};
    }
    static Workload::Options marked(Workload::Options options) {
        for (const std::string& word : mark()) options.push_back(word);
        return options;
    }
    static std::vector<std::string> match_mark() {
        std::vector<std::string> options = target().profile;
        options.insert(options.end(), {"--match", mark().front() + " " + mark().back()});
        return options;
    }
    // The command of tests/engine/late.py.
    static std::vector<std::string> late(const std::string& how) {
        std::vector<std::string> command = target().command(marked({"--runs", "3"}));
        command[2] = std::string(kTestsDirectory) + "/engine/late.py";
        command.insert(command.begin() + 3, how);
        return command;
    }
    static bool says(FlowtapDaemon& flowtap, const std::string& wanted) {
        return eventually([&] { return flowtap.child().errors().find(wanted) != std::string::npos; });
    }
    static testing::AssertionResult counts_a_round(FlowtapDaemon& flowtap, Child& program) {
        program.send_line("reset");
        program.next_line();
        const Exposition before = flowtap.scrape_at_rest();
        program.send_line("go");
        const Ledger ledger = Ledger::parse(program.next_line());
        return agrees(flowtap.scrape_at_rest().since(before), ledger);
    }
    // From some round on every round; one that was attached to amid its imports is not seen whole at first.
    static testing::AssertionResult comes_to_count(FlowtapDaemon& flowtap, Child& program) {
        eventually([&] { return static_cast<bool>(counts_a_round(flowtap, program)); });
        return counts_a_round(flowtap, program);
    }
    // What late.py imports once it is told to.
    static void expect_counted_from_its_import_on(const std::string& how) {
        FlowtapDaemon flowtap(match_mark());
        Child program(late(how));
        const pid_t pid = pid_in(program.next_line());
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
        EXPECT_EQ(flowtap.scrape().sum("flowtap_targets", {{"state", "attached"}}), 0);
        Child plan({kFlowtap, "plan", "--pid", std::to_string(pid)});
        EXPECT_EQ(plan.wait(), kNoTarget);
        EXPECT_THAT(plan.errors(), testing::HasSubstr("no profile fits"));
        program.send_line("import");
        ASSERT_TRUE(flowtap.attaches_to(pid)) << flowtap.child().errors();
        EXPECT_EQ(program.next_line(), "ready " + std::to_string(pid));
        EXPECT_TRUE(comes_to_count(flowtap, program));
    }
    static pid_t pid_in(const std::string& line) { return std::stoi(line.substr(line.find(' ') + 1)); }
};

TEST_P(DiscoveryTest, AProcessThatStartsLaterIsCounted) {
    FlowtapDaemon flowtap(match_mark());
    Workload other(target().command({"--runs", "2"}));
    Workload workload(target().command(marked({"--runs", "3"})));
    ASSERT_TRUE(flowtap.attaches_to(workload.pid())) << flowtap.child().errors();
    other.run_round();
    EXPECT_TRUE(comes_to_count(flowtap, workload.child()));
    EXPECT_EQ(flowtap.scrape().sum("flowtap_targets", {{"state", "attached"}}), 1);
}

TEST_P(DiscoveryTest, AProcessThatRanBeforeIsCounted) {
    Workload workload(target().command(marked({"--runs", "3"})));
    FlowtapDaemon flowtap(match_mark());
    ASSERT_TRUE(flowtap.attaches_to(workload.pid())) << flowtap.child().errors();
    EXPECT_TRUE(counts_a_round(flowtap, workload.child()));
}

// A shell that matches as well becomes the workload.
TEST_P(DiscoveryTest, AProcessThatBecomesItLaterIsCounted) {
    FlowtapDaemon flowtap(match_mark());
    std::vector<std::string> command = {"/bin/sh", "-c", "read line; exec \"$@\"", "sh"};
    for (const std::string& word : target().command(marked({"--runs", "3"}))) command.push_back(word);
    Child program(command);
    program.send_line("become");
    EXPECT_EQ(pid_in(program.next_line()), program.pid());
    ASSERT_TRUE(flowtap.attaches_to(program.pid())) << flowtap.child().errors();
    EXPECT_TRUE(comes_to_count(flowtap, program));
}

TEST_P(DiscoveryTest, AProcessThatImportsItsEngineLaterIsCounted) {
    if (!is_python()) GTEST_SKIP() << "missing: imports, in a native target";
    expect_counted_from_its_import_on("import");
}

// A module that is imported lazily is not in sys.modules until its first use.
TEST_P(DiscoveryTest, AProcessThatImportsItsEngineLazilyIsCountedFromItsFirstUseOn) {
    if (!is_python()) GTEST_SKIP() << "missing: imports, in a native target";
    Child lazy({target().program.front(), "-c", "lazy import json"});
    if (lazy.wait() != 0) GTEST_SKIP() << "missing: lazy imports, in " << target().program.front();
    expect_counted_from_its_import_on("lazy");
}

TEST_P(DiscoveryTest, AForkedChildIsATargetOfItsOwn) {
    if (!is_python()) GTEST_SKIP() << "missing: forks, in a native target";
    FlowtapDaemon flowtap(match_mark());
    Child parent(late("fork"));
    const pid_t parent_pid = pid_in(parent.next_line());
    ASSERT_TRUE(flowtap.attaches_to(parent_pid)) << flowtap.child().errors();
    std::this_thread::sleep_for(std::chrono::milliseconds(500));  // until its imports are over
    parent.send_line("fork");
    const pid_t child = pid_in(parent.next_line());
    ASSERT_TRUE(says(flowtap, "attached to process " + std::to_string(child) + ", a copy of process " +
                                  std::to_string(parent_pid)))
        << flowtap.child().errors();
    EXPECT_TRUE(
        std::regex_search(flowtap.child().errors(),
                          std::regex("a copy of process [0-9]+; its first [0-9]+ ms were not observed\n")))
        << flowtap.child().errors();
    EXPECT_TRUE(comes_to_count(flowtap, parent));
    const Exposition scrape = flowtap.scrape();
    EXPECT_EQ(scrape.sum("flowtap_copies_total", {{"observed", "late"}}), 1);
    EXPECT_GT(scrape.sum("flowtap_copies_unobserved_seconds_total"), 0);
    parent.send_line("exit");
    EXPECT_EQ(parent.wait(), 0);
    EXPECT_TRUE(eventually([&] {
        return flowtap.scrape().sum("flowtap_targets", {{"state", "gone"}}) == 2;
    }));
}

TEST_P(DiscoveryTest, AForkedChildOfAProcessChosenByNumberGetsItsBytesBack) {
    if (!is_python()) GTEST_SKIP() << "missing: forks, in a native target";
    Child parent(late("fork"));
    const pid_t parent_pid = pid_in(parent.next_line());
    const std::set<std::uint64_t> addresses = planned_addresses(parent_pid);
    const CodeBytes original = code_bytes(parent_pid, addresses);
    FlowtapDaemon flowtap({"--pid", std::to_string(parent_pid)});
    ASSERT_EQ(code_bytes(parent_pid, addresses), breakpoints_at(addresses));
    parent.send_line("fork");
    const pid_t child = pid_in(parent.next_line());
    EXPECT_TRUE(eventually([&] { return code_bytes(child, addresses) == original; }));
    EXPECT_EQ(code_bytes(parent_pid, addresses), breakpoints_at(addresses));
    parent.send_line("go");
    parent.next_line();
    EXPECT_FALSE(flowtap.scrape().has("workflow_executions_total"));
    parent.send_line("exit");
    EXPECT_EQ(parent.wait(), 0);
}

INSTANTIATE_TEST_SUITE_P(Targets, DiscoveryTest, testing::ValuesIn(all_targets()), name_of_target);

}  // namespace
}  // namespace flowtap::system_test::discovery_test
