// SPDX-License-Identifier: Apache-2.0
// `flowtap top`: what it shows beside the target's own count, and the terminal after it.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <regex>
#include <sstream>

#include "base/fd.h"
#include "flowtap_daemon.h"
#include "paths.h"
#include "probed_bytes.h"
#include "pty_child.h"
#include "screen.h"
#include "target.h"

namespace flowtap::system_test::top_test {
namespace {

constexpr const char* kSecondScreen = "\x1b[?1049h";
constexpr const char* kFirstScreen = "\x1b[?1049l";
constexpr const char* kCursor = "\x1b[?25h";

std::vector<std::string> top(const std::vector<std::string>& options) {
    std::vector<std::string> command = {kFlowtap, "top"};
    command.insert(command.end(), options.begin(), options.end());
    return command;
}

// The number under STARTED in the first row of the workflow in the first table; -1 where there is none.
long started_of(const std::string& text, const std::string& workflow) {
    const std::regex row("\n" + workflow + " .* ([0-9,]+) +[0-9,]+\n");
    std::smatch found;
    if (!std::regex_search(text, found, row)) return -1;
    std::string digits = found[1];
    std::erase(digits, ',');
    return std::stol(digits);
}

class TopTest : public TargetTest {
protected:
    std::vector<std::string> watch(const Workload& workload, const std::vector<std::string>& more) {
        std::vector<std::string> options = target().watch({&workload});
        options.insert(options.end(), more.begin(), more.end());
        return top(options);
    }
};

TEST_P(TopTest, CountsWhatTheTargetCounts) {
    Workload workload(target().command({"--runs", "10"}));
    Child top(watch(workload, {"--interval", "0.3"}));
    ASSERT_TRUE(eventually([&] { return top.errors().find("attached") != std::string::npos; }));
    const Ledger ledger = workload.run_round();
    for (const auto& [workflow, row] : ledger.at("workflows").items())
        EXPECT_TRUE(eventually([&, &workflow = workflow, &row = row] {
            const std::string all = top.output();
            const std::size_t last = std::min(all.rfind("flowtap top"), all.size());
            return started_of(all.substr(last), workflow) == row.at("started").get<long>();
        })) << top.output();
    top.signal(SIGINT);
    EXPECT_EQ(top.wait(), 0) << top.errors();
    EXPECT_NE(top.output().find("attached here"), std::string::npos) << top.output();
    EXPECT_EQ(top.output().find('\x1b'), std::string::npos) << "styles are for terminals";
}

INSTANTIATE_TEST_SUITE_P(Targets, TopTest, testing::ValuesIn(all_targets()), name_of_target);

class TopPipeTest : public SystemTest {};

// Who reads the frames may have stopped: then they are skipped, and the target is looked after all the same.
TEST_F(TopPipeTest, AnUnreadPipeBlocksNothing) {
    std::array<int, 2> ends = {};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const Fd reading(ends[0]);
    const Fd writing(ends[1]);
    ::fcntl(writing.get(), F_SETPIPE_SZ, 4096);
    Workload workload({kEngineC, "--runs", "5"});
    std::vector<std::string> command = {
        "/bin/sh", "-c",
        "exec \"$@\" >/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(writing.get()), "sh"};
    for (const std::string& word :
         top({"--pid", workload.pid_text(), "--profile", kEngineCProfile, "--interval", "0.1"}))
        command.push_back(word);
    Child top(command);
    ASSERT_TRUE(eventually([&] {
        pollfd asked = {writing.get(), POLLOUT, 0};
        return ::poll(&asked, 1, 0) == 0;
    })) << top.errors();
    top.signal(SIGTERM);
    EXPECT_EQ(top.wait(), 0) << top.errors();
    EXPECT_EQ(workload.leave(), 0);
}

class TopScreenTest : public SystemTest {
protected:
    static std::vector<std::string> watch(const Workload& workload) {
        return top({"--pid", workload.pid_text(), "--profile", kEngineCProfile, "--interval", "0.2"});
    }
    static bool shows(PtyChild& top, const std::string& text) {
        return eventually([&] { return top.written().find(text) != std::string::npos; });
    }
    static bool canonical(const PtyChild& top) { return (top.discipline().c_lflag & ICANON) != 0; }
    static void expect_restored(PtyChild& top) {
        EXPECT_GT(top.written().rfind(kFirstScreen), top.written().rfind(kSecondScreen));
        EXPECT_GT(top.written().rfind(kCursor), top.written().rfind(kSecondScreen));
        EXPECT_TRUE(canonical(top));
        EXPECT_NE(top.discipline().c_lflag & ECHO, 0U);
    }
};

TEST_F(TopScreenTest, TheTerminalIsRestoredHoweverItEnds) {
    Workload workload({kEngineC, "--runs", "2"});
    const auto addresses = planned_addresses(workload.pid(), {"--profile", kEngineCProfile});
    const CodeBytes original = code_bytes(workload.pid(), addresses);
    for (const int how : {0, SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
        PtyChild top(watch(workload), 140, 30);
        ASSERT_TRUE(shows(top, kSecondScreen)) << top.written();
        ASSERT_TRUE(eventually([&] { return !canonical(top); }));
        if (how == 0) {
            top.type("q");
        } else {
            ::kill(top.pid(), how);
        }
        EXPECT_EQ(top.wait(), 0) << how << top.written();
        expect_restored(top);
        EXPECT_EQ(code_bytes(workload.pid(), addresses), original) << how;
    }
}

TEST_F(TopScreenTest, FollowsTheKeysAndTheTerminalsSize) {
    Workload workload({kEngineC, "--runs", "2"});
    PtyChild top(watch(workload), 140, 30);
    ASSERT_TRUE(shows(top, "STARTED")) << top.written();
    top.type(" ");
    EXPECT_TRUE(shows(top, "paused")) << top.written();
    EXPECT_EQ(top.written().find("WORK…"), std::string::npos);
    top.resize(5, 12);
    EXPECT_TRUE(shows(top, "WORK…") || shows(top, "WORK~")) << top.written();
    top.type("\x03");
    EXPECT_EQ(top.wait(), 0);
}

// As Ctrl-Z and fg do.
TEST_F(TopScreenTest, GivesTheScreenBackWhileItIsStopped) {
    Workload workload({kEngineC, "--runs", "2"});
    PtyChild top(watch(workload), 140, 30);
    ASSERT_TRUE(shows(top, "STARTED")) << top.written();
    ::kill(top.pid(), SIGTSTP);
    ASSERT_TRUE(shows(top, kFirstScreen));
    ASSERT_TRUE(eventually([&] { return canonical(top); }));
    const std::size_t before = top.written().size();
    EXPECT_TRUE(eventually([&] {
        ::kill(top.pid(), SIGCONT);
        return top.written().find(kSecondScreen, before) != std::string::npos;
    }));
    EXPECT_TRUE(eventually([&] { return !canonical(top); }));
    top.type("q");
    EXPECT_EQ(top.wait(), 0);
    expect_restored(top);
}

TEST_F(TopScreenTest, ShowsARunningDaemon) {
    Workload workload({kEngineC, "--runs", "25"});
    FlowtapDaemon flowtap({"--pid", workload.pid_text(), "--profile", kEngineCProfile});
    const Ledger ledger = workload.run_round();
    Child once(top({"--once", "--url", "127.0.0.1:" + std::to_string(flowtap.port())}));
    ASSERT_EQ(once.wait(), 0) << once.errors();
    for (const auto& [workflow, row] : ledger.at("workflows").items())
        EXPECT_EQ(started_of(once.output(), workflow), row.at("started").get<long>()) << once.output();
    EXPECT_NE(once.output().find("\n1 target "), std::string::npos) << once.output();
}

// The rows of the tables as `--once` writes them, for so many columns: nothing is added or taken there.
std::vector<std::string> plain_rows(std::uint16_t port, int columns) {
    std::vector<std::string> command = {"/usr/bin/env", "LC_ALL=C.UTF-8",
                                        "COLUMNS=" + std::to_string(columns)};
    for (const std::string& word : top({"--once", "--url", "127.0.0.1:" + std::to_string(port)}))
        command.push_back(word);
    Child once(command);
    EXPECT_EQ(once.wait(), 0) << once.errors();
    std::vector<std::string> rows;
    std::istringstream text(once.output());
    for (std::string row; std::getline(text, row);)
        if (row.size() >= static_cast<std::size_t>(columns)) rows.push_back(row);
    return rows;
}

testing::AssertionResult shows_all(const Screen& screen, const std::vector<std::string>& rows) {
    const std::vector<std::string> shown = screen.rows();
    for (const std::string& row : rows)
        if (std::ranges::find(shown, row) == shown.end())
            return testing::AssertionFailure() << row << "\nnot in\n" << testing::PrintToString(shown);
    return testing::AssertionSuccess();
}

// Numbers stand in the last columns: a cell that is missing there makes another number.
TEST_F(TopScreenTest, RowsThatFillTheScreenAreShownWhole) {
    if (const std::string missing = Screen::missing(); !missing.empty())
        GTEST_SKIP() << "missing: " << missing;
    Workload workload({kEngineC, "--runs", "25"});
    FlowtapDaemon flowtap({"--pid", workload.pid_text(), "--profile", kEngineCProfile});
    (void)workload.run_round();
    const Screen screen(top({"--url", "127.0.0.1:" + std::to_string(flowtap.port()), "--interval", "0.2"}),
                        80, 24);
    for (const auto& [columns, height] : {std::pair{80, 24}, {120, 40}, {100, 12}, {80, 24}}) {
        screen.resize(columns, height);
        std::vector<std::string> rows;
        const bool whole = eventually([&, columns = columns, height = height] {
            rows = plain_rows(flowtap.port(), columns);  // rates change until the workload is forgotten
            rows.resize(std::min<std::size_t>(rows.size(), static_cast<std::size_t>(height) / 4));
            return !rows.empty() && static_cast<bool>(shows_all(screen, rows));
        });
        EXPECT_TRUE(whole) << columns << " columns: " << shows_all(screen, rows).message();
    }
}

// What stands on the screen, rows joined.
std::string text_on(const Screen& screen) {
    std::string text;
    for (const std::string& row : screen.rows()) text += row + "\n";
    return text;
}

testing::AssertionResult comes_to_show(const Screen& screen, const std::string& wanted) {
    if (eventually([&] { return text_on(screen).find(wanted) != std::string::npos; }))
        return testing::AssertionSuccess();
    return testing::AssertionFailure() << wanted << " is not in\n" << text_on(screen);
}

TEST_F(TopScreenTest, KeysShowPointsAndErrorsSortAndFilter) {
    if (const std::string missing = Screen::missing(); !missing.empty())
        GTEST_SKIP() << "missing: " << missing;
    Workload workload({kEngineC, "--runs", "25", "--fail-every", "3"});
    FlowtapDaemon flowtap({"--pid", workload.pid_text(), "--profile", kEngineCProfile});
    const Ledger ledger = workload.run_round();
    const std::string workflow = ledger.at("workflows").items().begin().key();
    const std::string error = ledger.at("errors").at(0).at("error_type");
    const Screen screen(top({"--url", "127.0.0.1:" + std::to_string(flowtap.port()), "--interval", "0.2"}),
                        80, 24);
    ASSERT_TRUE(comes_to_show(screen, workflow));
    screen.type("?");
    EXPECT_TRUE(comes_to_show(screen, " observed exactly"));
    EXPECT_TRUE(comes_to_show(screen, "sort by: r rate"));
    screen.type("x");
    EXPECT_TRUE(comes_to_show(screen, "FAILED  ERROR TYPE"));
    EXPECT_TRUE(comes_to_show(screen, error));
    screen.type("x");
    screen.type("/");
    EXPECT_TRUE(comes_to_show(screen, "filter: _"));
    screen.type("no such name");
    screen.type("Enter");
    EXPECT_TRUE(comes_to_show(screen, "none yet"));
    EXPECT_TRUE(comes_to_show(screen, "only *no such name*"));
    screen.type("Escape");
    EXPECT_TRUE(comes_to_show(screen, workflow));
}

TEST_F(TopScreenTest, HasTheContractsExitStatus) {
    Workload workload({kEngineC});
    const std::vector<std::pair<std::vector<std::string>, int>> wrong = {
        {{"--pid", "4194303", "--once"}, 4},
        {{"--pid", workload.pid_text(), "--once"}, 4},
        {{}, 2},
        {{"--url", "file:///etc/passwd", "--once"}, 2},
        {{"--url", "http://127.0.0.1:1", "--once"}, 1},
    };
    for (const auto& [options, status] : wrong) {
        Child refused(top(options));
        EXPECT_EQ(refused.wait(), status) << refused.errors();
        EXPECT_EQ(std::ranges::count(refused.errors(), '\n'), 1) << refused.errors();
    }
}

}  // namespace
}  // namespace flowtap::system_test::top_test
