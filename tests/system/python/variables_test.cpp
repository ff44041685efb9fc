// SPDX-License-Identifier: Apache-2.0
// Executions that are the values of a context variable, from set to reset (tests/variables).
#include <cstdlib>
#include <string>

#include "flowtap_daemon.h"
#include "interpreters.h"
#include "paths.h"
#include "shape_test.h"
#include "workload.h"

namespace flowtap::system_test::variables_test {
namespace {

const std::string kVariables = std::string(kTestsDirectory) + "/variables/";

class VariablesTest : public ShapeTest {
protected:
    void SetUp() override {
        ShapeTest::SetUp();
        if (!IsSkipped() && shape() == "greenlets" &&
            std::system((interpreter() + " -c 'import greenlet' 2>/dev/null").c_str()) != 0)
            GTEST_SKIP() << "missing: the module greenlet for " << interpreter();
    }

    static Workload started() { return Workload({interpreter(), "-B", kVariables + "workload.py", shape()}); }
    static FlowtapDaemon watching(const Workload& workload) {
        return FlowtapDaemon({"--profile", kVariables + "profile.yaml", "--pid", workload.pid_text()});
    }
};

TEST_P(VariablesTest, AreCountedAsTheProgramCountsThem) {
    Workload workload = started();
    FlowtapDaemon flowtap = watching(workload);
    for (int round = 0; round < 2; ++round) {
        const Ledger ledger = workload.run_round();
        const Exposition metrics = flowtap.scrape_at_rest();
        EXPECT_TRUE(agrees(metrics, ledger)) << "in round " << round;
        EXPECT_TRUE(identity_holds(metrics));
        EXPECT_TRUE(no_event_vanished(metrics));
        EXPECT_EQ(metrics.sum("active_workflows"), 0);
    }
    EXPECT_EQ(workload.leave(), 0);
}

INSTANTIATE_TEST_SUITE_P(Found, VariablesTest,
                         testing::Combine(testing::ValuesIn(interpreters()),
                                          testing::Values("sync", "threads", "tasks", "greenlets")),
                         name_of_shape);
INSTANTIATE_TEST_SUITE_P(Others, VariablesTest,
                         testing::Combine(testing::ValuesIn(other_interpreters()),
                                          testing::Values("threads")),
                         name_of_shape);

class ForgottenVariablesTest : public SystemTest, public testing::WithParamInterface<std::string> {};

// Whose context ends: that is when it is known, and all that is.
TEST_P(ForgottenVariablesTest, AreAbortedAndCountedAsLeft) {
    if (GetParam().empty()) GTEST_SKIP() << "missing: " << missing_interpreter();
    Workload workload({GetParam(), "-B", kVariables + "workload.py", "forgotten"});
    FlowtapDaemon flowtap({"--profile", kVariables + "profile.yaml", "--pid", workload.pid_text()});
    workload.run_round();
    const Exposition metrics = flowtap.scrape();
    EXPECT_EQ(metrics.sum("workflow_executions_total", {{"workflow_id", "forgotten"}, {"status", "started"}}),
              20);
    EXPECT_EQ(metrics.sum("workflow_executions_total", {{"workflow_id", "forgotten"}, {"status", "aborted"}}),
              20);
    EXPECT_EQ(metrics.sum("flowtap_executions_unpaired_total", {{"reason", "left_without_return"}}), 20);
    EXPECT_EQ(metrics.sum("active_workflows"), 0);
    EXPECT_EQ(workload.leave(), 0);
}

INSTANTIATE_TEST_SUITE_P(Found, ForgottenVariablesTest, testing::ValuesIn(interpreters()),
                         [](const auto& info) { return path_as_test_name(info.param); });

}  // namespace
}  // namespace flowtap::system_test::variables_test
