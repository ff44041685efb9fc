// SPDX-License-Identifier: Apache-2.0
// Engines with the call shapes of frameworks that people run (tests/frameworks), against the profiles that
// come with flowtap for those (probes/contrib).
#include <string>

#include "flowtap_daemon.h"
#include "interpreters.h"
#include "paths.h"
#include "shape_test.h"
#include "workload.h"

namespace flowtap::system_test::frameworks_test {
namespace {

// The profile of a package: probes/contrib has it under the framework's name.
std::string profile_of(const std::string& package) {
    std::string name = package == "temporalio" ? "temporal" : package;
    if (name == "pydantic_ai") name = "pydantic-ai";
    return std::string(kSourceDirectory) + "/probes/contrib/" + name + ".yaml";
}

class FrameworksTest : public ShapeTest {};

TEST_P(FrameworksTest, MatchTheirOwnCountsAfterEveryRound) {
    const auto& [interpreter, package] = GetParam();
    Workload workload({interpreter, "-B", std::string(kTestsDirectory) + "/frameworks/workload.py", package});
    FlowtapDaemon flowtap({"--pid", workload.pid_text(), "--profile", profile_of(package)});
    for (int round = 0; round < 2; ++round) {
        const Ledger ledger = workload.run_round();
        const Exposition metrics = flowtap.scrape_at_rest();
        EXPECT_TRUE(agrees(metrics, ledger)) << "in round " << round;
        EXPECT_TRUE(identity_holds(metrics));
        EXPECT_EQ(metrics.sum("flowtap_probe_ids_unreadable_total", {}), 0) << "in round " << round;
    }
    EXPECT_EQ(workload.leave(), 0);
}

INSTANTIATE_TEST_SUITE_P(Found, FrameworksTest,
                         testing::Combine(testing::ValuesIn(interpreters()),
                                          testing::Values("airflow", "langgraph", "temporalio", "prefect",
                                                          "pydantic_ai")),
                         name_of_shape);

}  // namespace
}  // namespace flowtap::system_test::frameworks_test
