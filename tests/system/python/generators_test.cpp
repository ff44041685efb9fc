// SPDX-License-Identifier: Apache-2.0
// Executions that are generators, iterated to their end or left before (tests/generators).
#include <gmock/gmock.h>

#include "flowtap_daemon.h"
#include "interpreters.h"
#include "paths.h"
#include "pythons/installed_pythons.h"
#include "system_test.h"
#include "workload.h"

namespace flowtap::system_test::generators_test {
namespace {

using testing::HasSubstr;

const std::string kGenerators = std::string(kTestsDirectory) + "/generators/";

class GeneratorsTest : public SystemTest, public testing::WithParamInterface<std::string> {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (!IsSkipped() && GetParam().empty()) GTEST_SKIP() << "missing: " << missing_interpreter();
    }
    static Workload started() { return Workload({GetParam(), "-B", kGenerators + "workload.py"}); }
    static std::string plan_of(const Workload& workload) {
        Child plan(
            {kFlowtap, "plan", "--pid", workload.pid_text(), "--profile", kGenerators + "profile.yaml"});
        plan.wait();
        return plan.output();
    }
};

// Before 3.12 the plan says why they are not seen.
TEST_P(GeneratorsTest, AreCountedAsTheProgramCountsThem) {
    Workload workload = started();
    const std::string plan = plan_of(workload);
    if (plan.find("generator creations and completions") == std::string::npos) {
        EXPECT_THAT(plan,
                    HasSubstr("before CPython 3.12 the end of a generator has no probe site of its own"));
        return;
    }
    FlowtapDaemon flowtap({"--profile", kGenerators + "profile.yaml", "--pid", workload.pid_text()});
    for (int round = 0; round < 2; ++round) {
        const Ledger ledger = workload.run_round();
        const Exposition metrics = flowtap.scrape();
        EXPECT_TRUE(agrees(metrics, ledger)) << "in round " << round;
        EXPECT_TRUE(identity_holds(metrics));
        EXPECT_TRUE(no_event_vanished(metrics));
        EXPECT_EQ(metrics.sum("active_workflows"), 0);
    }
    EXPECT_EQ(workload.leave(), 0);
}

INSTANTIATE_TEST_SUITE_P(Found, GeneratorsTest, testing::ValuesIn(interpreters()),
                         [](const auto& info) { return path_as_test_name(info.param); });
INSTANTIATE_TEST_SUITE_P(Others, GeneratorsTest, testing::ValuesIn(other_interpreters()),
                         [](const auto& info) { return path_as_test_name(info.param); });

}  // namespace
}  // namespace flowtap::system_test::generators_test
