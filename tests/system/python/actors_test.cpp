// SPDX-License-Identifier: Apache-2.0
// A task queue that calls its tasks as Dramatiq does, against the profile that is built in for that
// (tests/actors).
#include "flowtap_daemon.h"
#include "interpreters.h"
#include "paths.h"
#include "shape_test.h"
#include "workload.h"

namespace flowtap::system_test::actors_test {
namespace {

class ActorsTest : public ShapeTest {};

TEST_P(ActorsTest, MatchTheQueuesCountsAfterEveryRound) {
    const auto& [interpreter, shape] = GetParam();
    Workload workload({interpreter, "-B", std::string(kTestsDirectory) + "/actors/workload.py", shape});
    FlowtapDaemon flowtap({"--pid", workload.pid_text()});
    for (int round = 0; round < 2; ++round) {
        const Ledger ledger = workload.run_round();
        const Exposition metrics = flowtap.scrape_at_rest();
        EXPECT_TRUE(agrees(metrics, ledger)) << "in round " << round;
        EXPECT_TRUE(identity_holds(metrics));
    }
    EXPECT_EQ(workload.leave(), 0);
}

INSTANTIATE_TEST_SUITE_P(Found, ActorsTest,
                         testing::Combine(testing::ValuesIn(interpreters()),
                                          testing::Values("plain", "failing", "async", "subclasses", "direct",
                                                          "all")),
                         name_of_shape);

}  // namespace
}  // namespace flowtap::system_test::actors_test
