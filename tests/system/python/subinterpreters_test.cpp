// SPDX-License-Identifier: Apache-2.0
// Several Python interpreters in one process, with the main one's GIL and with GILs of their own, that work
// at the same time, begin while flowtap watches, and end (tests/engine/subinterpreters.py).
#include <sstream>

#include "flowtap_daemon.h"
#include "kernel_tables.h"
#include "paths.h"
#include "target.h"

namespace flowtap::system_test::subinterpreters_test {
namespace {

class SubinterpretersTest : public TargetTest {
protected:
    static std::vector<std::string> command(const Workload::Options& options = {}) {
        std::vector<std::string> command = target().command({"--runs", "8", "--fail-every", "3"});
        command[2] = std::string(kTestsDirectory) + "/engine/subinterpreters.py";
        command.insert(command.end(), options.begin(), options.end());
        return command;
    }
    // Makes one more of each kind, and waits until all of them are known.
    static testing::AssertionResult makes_more(Workload& workload, FlowtapDaemon& flowtap) {
        workload.child().send_line("create");
        std::istringstream created(workload.child().next_line());
        std::string number;
        created >> number;
        for (; created >> number;) {
            const std::string wanted = "now observed: subinterpreter " + number + "\n";
            if (!eventually([&] { return flowtap.child().errors().find(wanted) != std::string::npos; }))
                return testing::AssertionFailure() << "not " << wanted << flowtap.child().errors();
        }
        return testing::AssertionSuccess();
    }
    static void end_all(Workload& workload) {
        workload.child().send_line("end");
        EXPECT_EQ(workload.child().next_line(), "ended");
    }
    static int times_said(FlowtapDaemon& flowtap, const std::string& text) {
        const std::string said = flowtap.child().errors();
        int times = 0;
        for (std::size_t at = said.find(text); at != std::string::npos; at = said.find(text, at + 1)) times++;
        return times;
    }
    // Functions that the kernel knows.
    static std::size_t known_functions(FlowtapDaemon& flowtap) {
        return kernel_holdings(flowtap.child().pid()).entries.at("codes");
    }
    // A round of all, compared series by series.
    static void expect_exact(Workload& workload, FlowtapDaemon& flowtap) {
        const Ledger ledger = workload.run_round();
        const Exposition metrics = flowtap.scrape_at_rest();
        EXPECT_TRUE(agrees(metrics, ledger));
        EXPECT_TRUE(identity_holds(metrics));
        EXPECT_TRUE(no_event_vanished(metrics));
        EXPECT_EQ(metrics.sum("flowtap_probe_hits_unattributed_total"), 0);
        EXPECT_EQ(metrics.sum("active_workflows"), 0);
    }
};

TEST_P(SubinterpretersTest, AreCountedLikeTheMainOneAndBesideIt) {
    Workload workload(command());
    FlowtapDaemon flowtap(target().watch({&workload}));
    expect_exact(workload, flowtap);
    expect_exact(workload, flowtap);
    EXPECT_EQ(workload.leave(), 0);
    EXPECT_TRUE(eventually([&] {
        return flowtap.scrape().sum("flowtap_targets", {{"state", "gone"}}) == 1;
    }));
    EXPECT_EQ(flowtap.scrape().sum("workflow_node_executions_active"), 0);
}

TEST_P(SubinterpretersTest, ThatShareAGilAreCounted) {
    Workload workload(command({"--kinds", "legacy,legacy", "--shapes", "sync,threads"}));
    FlowtapDaemon flowtap(target().watch({&workload}));
    expect_exact(workload, flowtap);
}

TEST_P(SubinterpretersTest, AreCountedWhereTheMainOneHasNoEngine) {
    Workload workload(command({"--without-main"}));
    FlowtapDaemon flowtap(target().watch({&workload}));
    expect_exact(workload, flowtap);
}

TEST_P(SubinterpretersTest, ThatBeginLaterAreCountedAndForgottenWhenTheyEnd) {
    Workload workload(command());
    FlowtapDaemon flowtap(target().watch({&workload}));
    const std::size_t functions = known_functions(flowtap);
    ASSERT_TRUE(makes_more(workload, flowtap));
    EXPECT_GT(known_functions(flowtap), functions);
    expect_exact(workload, flowtap);
    // The new ones may get the addresses of those that ended.
    for (int i = 0; i < 2; i++) {
        end_all(workload);
        ASSERT_TRUE(makes_more(workload, flowtap));
        EXPECT_TRUE(eventually([&] { return known_functions(flowtap) == functions; }));
        expect_exact(workload, flowtap);
    }
    end_all(workload);
    expect_exact(workload, flowtap);
}

TEST_P(SubinterpretersTest, ThatEndBeforeTheyAreFoundAreCounted) {
    constexpr int kRounds = 3;
    constexpr int kKinds = 2;
    Workload workload(command());
    FlowtapDaemon flowtap(target().watch({&workload}));
    for (int i = 0; i < kRounds; i++) {
        workload.child().send_line("create");
        workload.child().next_line();
        end_all(workload);
    }
    // Each of them was found, as the log says, or is counted.
    const auto accounted = [&] {
        return times_said(flowtap, "now observed: subinterpreter ") +
               flowtap.scrape().sum("flowtap_subinterpreters_unobserved_total");
    };
    EXPECT_TRUE(eventually([&] { return accounted() == kRounds * kKinds; })) << accounted();
    EXPECT_EQ(workload.leave(), 0);
}

INSTANTIATE_TEST_SUITE_P(Python, SubinterpretersTest, testing::ValuesIn(python_targets()), name_of_target);

}  // namespace
}  // namespace flowtap::system_test::subinterpreters_test
