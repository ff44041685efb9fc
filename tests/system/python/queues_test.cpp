// SPDX-License-Identifier: Apache-2.0
// Task queues that run their jobs as real ones do, against the profiles that are built in for those
// (tests/queues).
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "eventually.h"
#include "flowtap_daemon.h"
#include "interpreters.h"
#include "paths.h"
#include "shape_test.h"
#include "workload.h"

namespace flowtap::system_test::queues_test {
namespace {

class QueuesTest : public ShapeTest {
protected:
    void SetUp() override {
        ShapeTest::SetUp();
        if (!IsSkipped() && shape() == "luigi" && !sees_generators(interpreter()))
            GTEST_SKIP() << "missing: generators that can be seen, which CPython has from 3.12 on";
    }

private:
    static bool sees_generators(const std::string& interpreter) {
        return std::system(
                   (interpreter + " -c 'import sys; sys.exit(sys.version_info < (3, 12))'").c_str()) == 0;
    }
};

// Both are found by their command line, and so is the process that the second one forks, once there is one.
TEST_P(QueuesTest, MatchTheirOwnCounts) {
    const auto& [interpreter, worker] = GetParam();
    const std::string script = std::string(kTestsDirectory) + "/queues/workload.py";
    const std::string mark = "of=" + std::to_string(::getpid());
    Workload workload({interpreter, "-B", script, worker, mark});
    FlowtapDaemon flowtap({"--match", "queues/workload.py.*" + mark});
    for (int round = 0; round < 2; ++round) {
        workload.start_round();
        if (worker == std::string("forking")) {
            ASSERT_TRUE(eventually([&] {
                const Exposition targets = flowtap.scrape();
                return targets.sum("flowtap_targets", {{"state", "attached"}}) == 2 &&
                       targets.sum("flowtap_targets", {{"state", "gone"}}) == round;
            }));
            workload.child().send_line("work");
        }
        const Ledger ledger = workload.report();
        const Exposition metrics = flowtap.scrape_at_rest();
        EXPECT_TRUE(agrees(metrics, ledger)) << "in round " << round;
        EXPECT_TRUE(identity_holds(metrics));
    }
    EXPECT_EQ(workload.leave(), 0);
}

INSTANTIATE_TEST_SUITE_P(Found, QueuesTest,
                         testing::Combine(testing::ValuesIn(interpreters()),
                                          testing::Values("simple", "forking", "celery", "huey", "taskiq",
                                                          "dask", "apscheduler", "arq", "luigi")),
                         name_of_shape);
INSTANTIATE_TEST_SUITE_P(Others, QueuesTest,
                         testing::Combine(testing::ValuesIn(other_interpreters()), testing::Values("luigi")),
                         name_of_shape);

}  // namespace
}  // namespace flowtap::system_test::queues_test
