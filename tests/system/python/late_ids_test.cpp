// SPDX-License-Identifier: Apache-2.0
// Nodes whose ids are known at their end (tests/late_ids).
#include "flowtap_daemon.h"
#include "interpreters.h"
#include "paths.h"
#include "shape_test.h"
#include "workload.h"

namespace flowtap::system_test::late_ids_test {
namespace {

const std::string kLateIds = std::string(kTestsDirectory) + "/late_ids/";

class LateIdsTest : public ShapeTest {};

// Before 3.12 a coroutine's frame is gone at its end: that point is not observed then, and flowtap says so.
TEST_P(LateIdsTest, AreThoseThatTheProgramKnowsInTheEnd) {
    const auto& [interpreter, shape] = GetParam();
    Workload workload({interpreter, "-B", kLateIds + "workload.py", shape});
    FlowtapDaemon flowtap({"--profile", kLateIds + "profile.yaml", "--pid", workload.pid_text()});
    for (int round = 0; round < 2; ++round) {
        const Ledger ledger = workload.run_round();
        const Exposition metrics = flowtap.scrape_at_rest();
        if (metrics.sum("flowtap_points", {{"state", "unobserved"}}) == 0 || shape == std::string("plain")) {
            EXPECT_TRUE(agrees(metrics, ledger)) << "in round " << round;
            EXPECT_TRUE(identity_holds(metrics));
        } else {
            EXPECT_EQ(metrics.sum("workflow_node_executions_total"), 0);
        }
        EXPECT_EQ(metrics.sum("flowtap_probe_ids_unreadable_total"), 0);
        EXPECT_EQ(metrics.sum("workflow_node_executions_active"), 0);
        EXPECT_TRUE(no_event_vanished(metrics));
    }
    EXPECT_EQ(workload.leave(), 0);
}

INSTANTIATE_TEST_SUITE_P(Found, LateIdsTest,
                         testing::Combine(testing::ValuesIn(interpreters()),
                                          testing::Values("plain", "coroutines")),
                         name_of_shape);
INSTANTIATE_TEST_SUITE_P(Others, LateIdsTest,
                         testing::Combine(testing::ValuesIn(other_interpreters()),
                                          testing::Values("plain", "coroutines")),
                         name_of_shape);

}  // namespace
}  // namespace flowtap::system_test::late_ids_test
