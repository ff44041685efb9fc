// SPDX-License-Identifier: Apache-2.0
// Executions that fail because they call a function that the profile names (tests/failures).
#include "flowtap_daemon.h"
#include "interpreters.h"
#include "paths.h"
#include "shape_test.h"
#include "workload.h"

namespace flowtap::system_test::failures_test {
namespace {

const std::string kFailures = std::string(kTestsDirectory) + "/failures/";

class FailuresTest : public ShapeTest {};

// Generators are not observed before 3.12, and flowtap says so.
TEST_P(FailuresTest, AreTheCallsThatTheProgramMakes) {
    const auto& [interpreter, shape] = GetParam();
    Workload workload({interpreter, "-B", kFailures + "workload.py", shape});
    FlowtapDaemon flowtap({"--profile", kFailures + "profile.yaml", "--pid", workload.pid_text()});
    for (int round = 0; round < 2; ++round) {
        const Ledger ledger = workload.run_round();
        const Exposition metrics = flowtap.scrape_at_rest();
        if (metrics.sum("flowtap_points", {{"state", "unobserved"}}) == 0 ||
            shape != std::string("generators")) {
            EXPECT_TRUE(agrees(metrics, ledger)) << "in round " << round;
            EXPECT_TRUE(identity_holds(metrics));
        } else {
            EXPECT_EQ(metrics.sum("workflow_node_executions_total"), 0);
        }
        EXPECT_EQ(metrics.sum("flowtap_points", {{"state", "inexact"}}), 0);
        EXPECT_EQ(metrics.sum("flowtap_probe_ids_unreadable_total"), 0);
        EXPECT_TRUE(no_event_vanished(metrics));
    }
    EXPECT_EQ(workload.leave(), 0);
}

INSTANTIATE_TEST_SUITE_P(Found, FailuresTest,
                         testing::Combine(testing::ValuesIn(interpreters()),
                                          testing::Values("coroutines", "methods", "generators")),
                         name_of_shape);
INSTANTIATE_TEST_SUITE_P(Others, FailuresTest,
                         testing::Combine(testing::ValuesIn(other_interpreters()),
                                          testing::Values("coroutines", "methods", "generators")),
                         name_of_shape);

}  // namespace
}  // namespace flowtap::system_test::failures_test
