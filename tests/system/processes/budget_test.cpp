// SPDX-License-Identifier: Apache-2.0
// --max-overhead: what costs a target too much gives way, and comes back. Takes minutes: nothing may give way
// in the first one, and nothing is tried again sooner than after another.
#include <csignal>
#include <cstdlib>
#include <thread>

#include "flowtap_daemon.h"
#include "interpreters.h"
#include "ledger.h"
#include "paths.h"
#include "system_test.h"

namespace flowtap::system_test::budget_test {
namespace {

constexpr std::chrono::minutes kFewMinutes{5};

class BudgetTest : public SystemTest {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (std::getenv("FLOWTAP_LONG_TESTS") == nullptr)
            GTEST_SKIP() << "takes minutes: FLOWTAP_LONG_TESTS=1, or scripts/test.sh --full";
        if (!IsSkipped() && interpreters().front().empty())
            GTEST_SKIP() << "missing: " << missing_interpreter();
    }

    static std::vector<std::string> hot() {
        return {interpreters().front(), "-B", std::string(kTestsDirectory) + "/engine/hot.py"};
    }
    static bool says(FlowtapDaemon& flowtap, const std::string& text) {
        return flowtap.child().errors().find(text) != std::string::npos;
    }
    static double reduced(const Exposition& metrics) { return metrics.sum("flowtap_points_reduced"); }
    static double hits(FlowtapDaemon& flowtap) {
        return flowtap.scrape().sum("flowtap_probe_hits_total", {{"probe", "python:call-entry"}});
    }
    // A target whose points change is let go for a moment, and has no points then.
    static bool is_reduced(const Exposition& metrics, bool reduced_now) {
        return metrics.sum("flowtap_targets", {{"state", "attached"}}) == 1 &&
               (reduced(metrics) > 0) == reduced_now;
    }
    // Whether the place that the target passes all the time has no probe any more.
    static bool rests(FlowtapDaemon& flowtap) {
        if (!is_reduced(flowtap.scrape(), true)) return false;
        const double before = hits(flowtap);
        std::this_thread::sleep_for(std::chrono::seconds(2));
        return hits(flowtap) == before && is_reduced(flowtap.scrape(), true);
    }
    static int times_said(FlowtapDaemon& flowtap, const std::string& text) {
        const std::string said = flowtap.child().errors();
        int times = 0;
        for (auto at = said.find(text); at != std::string::npos; at = said.find(text, at + 1)) ++times;
        return times;
    }
    // All that gave way.
    static bool is_whole(FlowtapDaemon& flowtap) {
        return times_said(flowtap, "observed again: ") == times_said(flowtap, "no longer observed: ") &&
               is_reduced(flowtap.scrape(), false);
    }
};

TEST_F(BudgetTest, TakesAwayWhatIsTooDearAndGivesItBackOnceTheTargetIsCalm) {
    Child target(hot());
    ASSERT_EQ(target.next_line(), "hot " + std::to_string(target.pid()));
    FlowtapDaemon flowtap({"--pid", std::to_string(target.pid())});
    EXPECT_EQ(reduced(flowtap.scrape()), 0);
    if (!eventually([&] { return flowtap.scrape().sum("flowtap_target_overhead_seconds_total") > 0; }))
        GTEST_SKIP() << "no price of a hit was measured on this machine: overhead is not known";

    const double exact = flowtap.scrape().sum("flowtap_points", {{"state", "exact"}});
    // Which step is enough depends on what the interpreter has to offer.
    ASSERT_TRUE(
        eventually([&] { return says(flowtap, "no longer observed: ") && rests(flowtap); }, kFewMinutes))
        << flowtap.child().errors();
    EXPECT_GT(hits(flowtap), 0);
    const Exposition without = flowtap.scrape();
    EXPECT_LT(without.sum("flowtap_points", {{"state", "exact"}}), exact) << "what gave way is not exact";
    EXPECT_EQ(without.sum("flowtap_targets", {{"state", "attached"}}), 1);

    target.send_line("stop");
    ASSERT_EQ(target.next_line(), "calm");
    ASSERT_TRUE(eventually([&] { return is_whole(flowtap); }, kFewMinutes)) << flowtap.child().errors();
    const Exposition before = flowtap.scrape();
    for (int run = 0; run < 5; run++) {
        target.send_line("run");
        ASSERT_EQ(target.next_line(), "ran");
    }
    const Exposition after = flowtap.scrape();
    const Labels started = {{"status", "started"}};
    const Labels success = {{"status", "success"}};
    for (const Labels& labels : {started, success}) {
        EXPECT_EQ(after.since(before).sum("workflow_executions_total", labels), 5);
        EXPECT_EQ(after.since(before).sum("workflow_node_executions_total", labels), 15);
    }
    EXPECT_TRUE(identity_holds(after));
    EXPECT_TRUE(no_event_vanished(after));
    EXPECT_EQ(flowtap.stop(SIGTERM), 0);
}

TEST_F(BudgetTest, TakesNothingAwayWhereItIsOff) {
    Child target(hot());
    ASSERT_EQ(target.next_line(), "hot " + std::to_string(target.pid()));
    FlowtapDaemon flowtap({"--pid", std::to_string(target.pid()), "--max-overhead", "off"});
    std::this_thread::sleep_for(std::chrono::seconds(70));
    EXPECT_EQ(reduced(flowtap.scrape()), 0);
    EXPECT_FALSE(says(flowtap, "no longer observed"));
}

}  // namespace
}  // namespace flowtap::system_test::budget_test
