// SPDX-License-Identifier: Apache-2.0
// Plain functions, which Python calls without any C function (tests/functions), seen by hardware watches.
#include <csignal>

#include "flowtap_daemon.h"
#include "interpreters.h"
#include "paths.h"
#include "pythons/installed_pythons.h"
#include "system_test.h"
#include "workload.h"

namespace flowtap::system_test::functions_test {
namespace {

const std::string kFunctions = std::string(kTestsDirectory) + "/functions/";

class FunctionsTest : public SystemTest, public testing::WithParamInterface<std::string> {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (!IsSkipped() && GetParam().empty()) GTEST_SKIP() << "missing: " << missing_interpreter();
        if (!IsSkipped()) skip_without_watches();
    }

    static Workload started() { return Workload({GetParam(), "-B", kFunctions + "workload.py"}); }
    // From the attach on, also by default: the profile is the user's.
    static FlowtapDaemon watching(const Workload& workload) {
        return FlowtapDaemon({"--profile", kFunctions + "profile.yaml", "--pid", workload.pid_text()});
    }
};

TEST_P(FunctionsTest, AreCountedAsTheProgramCountsThemInEveryThread) {
    Workload unwatched = started();
    const Ledger alone = unwatched.run_round();
    EXPECT_EQ(unwatched.leave(), 0);

    Workload workload = started();
    FlowtapDaemon flowtap = watching(workload);
    for (int round = 0; round < 2; ++round) {
        const Ledger ledger = workload.run_round();
        if (round == 0) {
            EXPECT_TRUE(same_counts(ledger, alone)) << "the watches changed what the program does";
        }
        const Exposition metrics = flowtap.scrape_at_rest();
        EXPECT_TRUE(agrees(metrics, ledger)) << "in round " << round;
        EXPECT_TRUE(identity_holds(metrics));
        EXPECT_TRUE(no_event_vanished(metrics));
        EXPECT_EQ(metrics.sum("active_workflows"), 0);
    }
    EXPECT_EQ(flowtap.stop(SIGTERM), 0);
    EXPECT_EQ(workload.leave(), 0);
}

TEST_P(FunctionsTest, RunOnWhenFlowtapIsKilled) {
    Workload workload = started();
    FlowtapDaemon flowtap = watching(workload);
    workload.start_round();
    flowtap.stop(SIGKILL);
    workload.report();
    const Ledger second = workload.run_round();
    EXPECT_FALSE(second.at("workflows").empty());
    EXPECT_EQ(workload.leave(), 0);
}

INSTANTIATE_TEST_SUITE_P(Found, FunctionsTest, testing::ValuesIn(interpreters()),
                         [](const auto& info) { return path_as_test_name(info.param); });

}  // namespace
}  // namespace flowtap::system_test::functions_test
