// SPDX-License-Identifier: Apache-2.0
// Executions that are the values of a context variable, from set to reset (tests/variables).
#include <tuple>

#include "flowtap_daemon.h"
#include "interpreters.h"
#include "paths.h"
#include "pythons/installed_pythons.h"
#include "system_test.h"
#include "workload.h"

namespace flowtap::system_test::variables_test {
namespace {

const std::string kVariables = std::string(kTestsDirectory) + "/variables/";

using Case = std::tuple<std::string, const char*>;

std::string name_of_case(const testing::TestParamInfo<Case>& info) {
    return std::string(std::get<1>(info.param)) + "_" + path_as_test_name(std::get<0>(info.param));
}

class VariablesTest : public SystemTest, public testing::WithParamInterface<Case> {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        const auto& [interpreter, shape] = GetParam();
        if (IsSkipped()) return;
        if (interpreter.empty()) GTEST_SKIP() << "missing: " << missing_interpreter();
        if (std::string(shape) == "greenlets" &&
            std::system((interpreter + " -c 'import greenlet' 2>/dev/null").c_str()) != 0)
            GTEST_SKIP() << "missing: the module greenlet for " << interpreter;
    }

    static Workload started() {
        return Workload({std::get<0>(GetParam()), "-B", kVariables + "workload.py", std::get<1>(GetParam())});
    }
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
                         name_of_case);
INSTANTIATE_TEST_SUITE_P(Others, VariablesTest,
                         testing::Combine(testing::ValuesIn(other_interpreters()),
                                          testing::Values("threads")),
                         name_of_case);

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
